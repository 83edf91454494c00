// What the tests of single transports take from the conformance suite.

export { encode, message, Recorder } from "../../src/transport/conformance/recorder.ts";
