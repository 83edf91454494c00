// The page: starts one phone.

import { JsSipPhone } from "./jssip-phone.js";
import { SipJsPhone } from "./sipjs-phone.js";
import { SippetPhone } from "./sippet-phone.js";

const KINDS = { jssip: JsSipPhone, sipjs: SipJsPhone, sippet: SippetPhone };

window.begin = (kind, options) => {
  window.phone = new KINDS[kind](options);
  return window.phone.start();
};
