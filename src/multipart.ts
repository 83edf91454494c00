// The entry "sippet/multipart": bodies of several parts (RFC 5621), to read and to write. It needs what any
// other entry has already: import "sippet" or "sippet/js" beside it.

export { type BodyPartInit, createMultipart, type MultipartOptions } from "./message/create-multipart.ts";
export { BodyPart, Multipart, type MultipartLimits, readMultipart } from "./message/multipart.ts";
