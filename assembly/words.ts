// Words: transports and methods that come so often that the JavaScript side keeps a string for each.
// Compared as little-endian words; case counts, as it does for methods (RFC 3261 §7.1).

import {
  METHOD_ACK,
  METHOD_BYE,
  METHOD_CANCEL,
  METHOD_INFO,
  METHOD_INVITE,
  METHOD_MESSAGE,
  METHOD_NOTIFY,
  METHOD_OPTIONS,
  METHOD_PRACK,
  METHOD_PUBLISH,
  METHOD_REFER,
  METHOD_REGISTER,
  METHOD_SUBSCRIBE,
  METHOD_UPDATE,
  TRANSPORT_TCP,
  TRANSPORT_TLS,
  TRANSPORT_UDP,
  TRANSPORT_WS,
  TRANSPORT_WSS,
} from "../src/core/abi";

/** The number of the transport's name at `p`, 0 for one that is not known. */
export function transportId(p: usize, length: usize): u32 {
  const word = load<u32>(p, 0, 1);
  if (length == 2) return (word & 0xffff) == 0x5357 ? TRANSPORT_WS : 0;
  if (length != 3) return 0;
  const name = word & 0xffffff;
  if (name == 0x504455) return TRANSPORT_UDP;
  if (name == 0x504354) return TRANSPORT_TCP;
  if (name == 0x534c54) return TRANSPORT_TLS;
  return name == 0x535357 ? TRANSPORT_WSS : 0;
}

/** The number of the method at `p`, 0 for one that is not known. */
export function methodId(p: usize, length: usize): u32 {
  if (length < 3 || length > 9) return 0;
  const octets = load<u64>(p, 0, 1);
  const name = length >= 8 ? octets : octets & (((<u64>1) << ((<u64>length) << 3)) - 1);
  if (length == 9) return name == 0x4249524353425553 && load<u8>(p + 8) == 0x45 ? METHOD_SUBSCRIBE : 0;
  if (name == 0x455449564e49) return METHOD_INVITE;
  if (name == 0x4b4341) return METHOD_ACK;
  if (name == 0x455942) return METHOD_BYE;
  if (name == 0x4c45434e4143) return METHOD_CANCEL;
  if (name == 0x5245545349474552) return METHOD_REGISTER;
  if (name == 0x534e4f4954504f) return METHOD_OPTIONS;
  if (name == 0x594649544f4e) return METHOD_NOTIFY;
  if (name == 0x4f464e49) return METHOD_INFO;
  if (name == 0x455441445055) return METHOD_UPDATE;
  if (name == 0x4547415353454d) return METHOD_MESSAGE;
  if (name == 0x4b43415250) return METHOD_PRACK;
  if (name == 0x5245464552) return METHOD_REFER;
  return name == 0x4853494c425550 ? METHOD_PUBLISH : 0;
}
