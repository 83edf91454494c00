// ABI: the numbers that the WebAssembly core and its JavaScript side must agree on. Plain literals
// only: both the AssemblyScript and the TypeScript compiler read this very file.

/** Bytes that the window holds, and so the longest head; offsets fit 16 bits. */
export const WINDOW_SIZE = 65535;
/** Header fields that one table holds; more are refused. */
export const FIELDS_MAX = 2048;
/** Parameters that one value may have; more are refused. */
export const PARAMS_MAX = 256;
/** The longest header field name that can be known by id. */
export const NAME_MAX = 32;

// ── the table of one message: words of 32 bits; a span is start | end << 16 ──
/** F_* bits. */
export const T_FLAGS = 0;
/** Offset of the first octet after the empty line. */
export const T_HEAD_END = 1;
/** Request: method. Response: version. */
export const T_FIRST = 2;
/** Request: Request-URI. Response: status code. */
export const T_SECOND = 3;
/** Request: version. Response: reason phrase. */
export const T_THIRD = 4;
/** Start of the start line, and of the first header field. */
export const T_START = 5;
/** Start of the empty line. */
export const T_FIELDS_END = 6;
/** Content-Length: NONE where it is not there, FLAG where it is no number, or is several that differ. */
export const T_BODY_LENGTH = 7;
/** A bit for each id below HOT_IDS of which there is more than one field. */
export const T_REPEATED = 8;
/** A byte for each id below HOT_IDS: the number of its first field counted from 1, if that is below 256. */
export const T_HOT = 9;
/** Octets of the longest value that is read along with the head. */
export const FREQUENT_MAX = 1024;
// The frequent values, read along with the head: copies of the record, R_ERROR 0 where the value is not there, or
// there twice, or longer than FREQUENT_MAX, or cannot be read.
/** The topmost Via. */
export const Q_VIA = 13;
export const Q_FROM = 35;
export const Q_TO = 57;
/** The first Contact. */
export const Q_CONTACT = 79;
/** CSeq: number, and METHOD_* or 0. */
export const Q_CSEQ = 101;
export const Q_METHOD = 102;
/** Max-Forwards, or NONE. */
export const Q_MAX_FORWARDS = 103;
/** Call-ID, which may hold ASCII only, or 0. */
export const Q_CALL_ID = 104;
/** Where the fields begin: two words each, `line start | value start << 16`, `value end | id << 16 | L_* << 24`. */
export const T_FIELDS = 105;

/** Ids below this have a byte in the table. */
export const HOT_IDS = 16;
/** The ids of the header fields that the core itself must know: the places of their rows in the header table. */
export const ID_VIA = 1;
export const ID_FROM = 2;
export const ID_TO = 3;
export const ID_CALL_ID = 4;
export const ID_CSEQ = 5;
export const ID_CONTACT = 6;
export const ID_MAX_FORWARDS = 7;
export const ID_CONTENT_LENGTH = 8;

/** The start line is a Status-Line. */
export const F_RESPONSE = 1;
/** No octet of the head is above 0x7f. Not set means: perhaps. */
export const F_ASCII = 2;
/** The start line has white space where the grammar has none, or more than one SP (RFC 3261 §7.1). */
export const F_SPACING = 4;

/** The method's number among the known ones stands in the flags above this many bits. */
export const F_METHOD_SHIFT = 8;

/** The field goes over several lines (RFC 3261 §7.3.1). */
export const L_FOLDED = 1;
/** The line has no colon, or something that is not a token before it. */
export const L_MALFORMED = 2;

// ── what a grammar function leaves in the value record ──
/** After a failure: the E_* code. In a copy that is kept: READ_*. */
export const R_ERROR = 0;
/** After a failure: the offset where the grammar was left. */
export const R_ERROR_AT = 1;
/** In a copy that is kept: where the value ended. */
export const R_STOP = 1;

/** Span of the parameters, with the first semicolon; empty where there are none. */
export const R_PARAMS = 2;
/** How many parameters the parameter record holds. */
export const R_PARAMS_COUNT = 3;
/** Value spans of the parameters that every element reads; NONE for one that is not there or has no value. */
export const R_TAG = 20;
export const R_BRANCH = 17;
export const R_RECEIVED = 18;
/** NONE, or FLAG, or, of a Via, the port. */
export const R_RPORT = 19;
/** 1: there is a parameter q that is no qvalue (RFC 3261 §25.1). */
export const R_BAD_Q = 21;

// Via (RFC 3261 §20.42)
export const R_VIA_PROTOCOL = 4;
export const R_VIA_VERSION = 5;
export const R_VIA_TRANSPORT = 6;
export const R_VIA_HOST = 8;
/** The port, or NONE. */
export const R_VIA_PORT = 9;
/** 1: the protocol is `SIP` and the version `2.0`, written so. */
export const R_VIA_PLAIN = 10;
/** Number of the transport's name among the known ones, 0 for another. */
export const R_VIA_TRANSPORT_ID = 11;

// name-addr / addr-spec (RFC 3261 §20.10)
/** Span of the display name without its quotes. */
export const R_DISPLAY = 4;
/** 1: the display name is a quoted string; 3: and it has a backslash in it. */
export const R_DISPLAY_QUOTED = 5;
/** 1: the URI stands in angle brackets; 2: the value is `*`. */
export const R_ADDRESS_FORM = 6;

// URI (RFC 3261 §19.1.1)
/** SCHEME_* of the scheme. */
export const R_URI_KIND = 8;
export const R_URI_SCHEME = 9;
/** NONE where there is no userinfo. */
export const R_URI_USER = 10;
/** NONE where there is no password. */
export const R_URI_PASSWORD = 11;
/** Without the brackets of an IPv6 reference. Of a URI that is not SIP's: everything after the colon. */
export const R_URI_HOST = 12;
/** The port, or NONE. */
export const R_URI_PORT = 13;
/** With the first semicolon. */
export const R_URI_PARAMS = 14;
/** With the question mark. */
export const R_URI_HEADERS = 15;
/** Where there is a userinfo: 1 if it has a percent escape. */
export const R_URI_ESCAPED = 16;

// CSeq (RFC 3261 §20.16), numbers, media types
export const R_NUMBER = 4;
export const R_METHOD = 5;
/** Number of the method among the known ones, 0 for another. */
export const R_METHOD_ID = 6;
export const R_TYPE = 4;
export const R_SUBTYPE = 5;
/** A token, or a generic value, before its parameters. */
export const R_TOKEN = 4;

// ── words that come so often that no string is made for them; the order is that of src/core/words.ts ──
export const TRANSPORT_UDP = 1;
export const TRANSPORT_TCP = 2;
export const TRANSPORT_TLS = 3;
export const TRANSPORT_WS = 4;
export const TRANSPORT_WSS = 5;
export const METHOD_INVITE = 1;
export const METHOD_ACK = 2;
export const METHOD_BYE = 3;
export const METHOD_CANCEL = 4;
export const METHOD_REGISTER = 5;
export const METHOD_OPTIONS = 6;
export const METHOD_SUBSCRIBE = 7;
export const METHOD_NOTIFY = 8;
export const METHOD_INFO = 9;
export const METHOD_UPDATE = 10;
export const METHOD_MESSAGE = 11;
export const METHOD_PRACK = 12;
export const METHOD_REFER = 13;
export const METHOD_PUBLISH = 14;

// ── the steps of parts(): the hexadecimal digits of a format, the first step in the lowest ──
/** Where the parts begin that the steps leave, a word each, in their order. */
export const R_PART = 4;
/** White space, or none. */
export const S_SPACE = 1;
/** White space, at least one octet. */
export const S_GAP = 2;
/** token → span */
export const S_TOKEN = 3;
/** 1*DIGIT up to 2^32 - 1 → number */
export const S_NUMBER = 4;
/** callid → span */
export const S_CALL_ID = 5;
/** quoted-string → span, quotes included */
export const S_QUOTED = 6;
/** token / quoted-string → span */
export const S_TEXT = 7;
/** visible octets up to white space, comma or semicolon → span */
export const S_WORD = 8;
/** [ comment ] → span without the parentheses, or NONE */
export const S_COMMENT = 9;
/** all up to a comma that stands in no quotes and no angle brackets → span */
export const S_ITEM = 10;
/** all up to the end, without control characters */
export const S_LINE = 11;
/** *( SEMI generic-param ), the last step */
export const S_PARAMS = 12;
/** auth-param *( COMMA auth-param ), the last step */
export const S_AUTH_PARAMS = 13;

export const RECORD_WORDS = 22;

/** R_ERROR of a copy that is kept: the text is ASCII, or perhaps is not. */
export const READ_ASCII = 1;
export const READ_OCTETS = 2;

/** "Not there", where a span or a port could be. */
export const NONE = 0xffffffff;
/** A parameter that is there without a value, where a port could be. */
export const FLAG = 0xfffffffe;

export const SCHEME_OTHER = 0;
export const SCHEME_SIP = 1;
export const SCHEME_SIPS = 2;
export const SCHEME_TEL = 3;
export const SCHEME_STAR = 4;

// ── failures; as a result they are negative ──
/** Nothing but line ends. */
export const E_EMPTY = 1;
/** No empty line within the bytes given. */
export const E_HEAD_INCOMPLETE = 2;
/** The head is longer than the window. */
export const E_HEAD_TOO_LARGE = 3;
export const E_START_LINE = 4;
export const E_TOO_MANY_HEADERS = 5;
/** A CR without its LF. */
export const E_LINE_END = 6;
export const E_VALUE = 7;
export const E_RANGE = 8;
export const E_QUOTE = 9;
export const E_URI = 10;
export const E_TOO_MANY_PARAMS = 11;
