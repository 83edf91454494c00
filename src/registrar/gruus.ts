// Gruus: the URIs of one instance of a user's (RFC 5627): a public one that names it, and temporary ones that hide
// who it is. A temporary one keeps nothing at the registrar: it is the address-of-record and the mark of the
// binding under a cipher, sealed, as RFC 5627 §A.2 has it, with SipHash as the keyed function of both.

import type { Uri } from "../message/uri.ts";
import type { Random } from "../random.ts";
import { sameText } from "../same-text.ts";
import { type HashKey, sipHash, sipKey } from "../transaction/siphash.ts";

/** Whom a temporary GRUU hides. */
export interface Hidden {
  readonly aor: string;
  /** Of the bindings that it stands for; one that no binding has is over. */
  readonly mark: string;
}

const PREFIX = "tgruu.";
/** Characters of the number that makes each one differ, and hexadecimal digits of the seal. */
const NONCE = 16;
const SEAL = 32;
/** Texts are filled up to a multiple of so many octets: their length says little. */
const FILL = 32;
/** No user part is longer. */
const LONGEST = 16_384;

const encoder = new TextEncoder();

/** An instance as GRUUs name it: what stands in its angle brackets, which some clients forget (RFC 5626 §4.1, RFC 5627 §3.1.1). */
export const bareInstance = (instance: string): string => instance.replace(/^<(.*)>$/, "$1");

/** The GRUUs of one registrar. */
export class Gruus {
  readonly #random: Random;
  readonly #cipherKey: HashKey;
  readonly #sealKeys: readonly [HashKey, HashKey];

  constructor(secret: string, random: Random) {
    this.#random = random;
    this.#cipherKey = sipKey(`gruu cipher ${secret}`);
    this.#sealKeys = [sipKey(`gruu seal 1 ${secret}`), sipKey(`gruu seal 2 ${secret}`)];
  }

  /** A mark for the bindings of one instance, which no other has. */
  mark(): string {
    return this.#random.text(12);
  }

  /** The public GRUU of an instance: its address-of-record with the instance as `gr` (RFC 5627 §3.1.1). */
  public(aor: Uri, instance: string): Uri {
    return aor.with({ password: undefined, headers: {}, params: { gr: bareInstance(instance) } });
  }

  /** A temporary GRUU, another one each time (RFC 5627 §3.1.2). @param like the address-of-record, for its host */
  temporary(like: Uri, { aor, mark }: Hidden): Uri {
    const text = encoder.encode(`${mark} ${aor}`);
    const filled = new Uint8Array(Math.ceil(text.length / FILL) * FILL).fill(0x20);
    filled.set(text);
    const nonce = this.#random.text(NONCE);
    const hidden = nonce + toHex(this.#cipher(nonce, filled));
    const user = `${PREFIX}${hidden}${this.#seal(hidden)}`;
    return like.with({ user, password: undefined, headers: {}, params: { gr: true } });
  }

  /** Whom a user part hides; undefined where we did not make it. */
  read(user: string | undefined): Hidden | undefined {
    if (!user?.startsWith(PREFIX) || user.length > LONGEST) return undefined;
    const [hidden, seal] = [user.slice(PREFIX.length, -SEAL), user.slice(-SEAL)];
    if (!sameText(this.#seal(hidden), seal)) return undefined;
    const filled = this.#cipher(hidden.slice(0, NONCE), fromHex(hidden.slice(NONCE)));
    const text = new TextDecoder().decode(filled).trimEnd();
    const end = text.indexOf(" ");
    return { mark: text.slice(0, end), aor: text.slice(end + 1) };
  }

  #seal(hidden: string): string {
    return this.#sealKeys.map((key) => sipHash(hidden, key)).join("");
  }

  /** Counter mode, eight octets a step: it hides, and shows again. */
  #cipher(nonce: string, octets: Uint8Array): Uint8Array {
    const mixed = octets.slice();
    for (let at = 0; at < mixed.length; at += 8) {
      const stream = fromHex(sipHash(`${nonce}${at}`, this.#cipherKey));
      for (let i = 0; i < 8 && at + i < mixed.length; i++) mixed[at + i]! ^= stream[i]!;
    }
    return mixed;
  }
}

function toHex(octets: Uint8Array): string {
  return [...octets].map((octet) => octet.toString(16).padStart(2, "0")).join("");
}

function fromHex(digits: string): Uint8Array {
  return Uint8Array.from({ length: digits.length >> 1 }, (_, i) =>
    Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16),
  );
}
