// Page: shows a phone, and takes the clicks. `?user=NAME` registers at once; `?audio=none` makes calls
// without WebRTC, for peers that have none.

import { Silence, WebRtcAudio } from "./media.js";
import { Phone } from "./phone.js";

const query = new URLSearchParams(location.search);
const isSilent = query.get("audio") === "none";
const find = (id) => document.getElementById(id);

const phone = new Phone({
  server: location.host,
  secure: location.protocol === "https:",
  createMedia: () =>
    isSilent
      ? new Silence()
      : new WebRtcAudio((stream) => {
          find("audio").srcObject = stream;
        }),
});
window.phone = phone;

/** What went wrong last that no registration tells of. */
let complaint = "";
/** Who was signed in when the page was left: it may be shown again as it was. */
let left;

const STATES = {
  offline: "Offline",
  registering: "Connecting",
  registered: "Ready",
  refused: "Refused",
};

const TITLES = {
  "outgoing calling": "Calling",
  "outgoing ringing": "Ringing",
  "incoming ringing": "Incoming call",
};

/** Writes what has changed, and nothing else: a screen reader reads out what is written into a live region, each second. */
function write(id, text) {
  if (find(id).textContent !== text) find(id).textContent = text;
}

function show() {
  const { registration, call, isBusy } = phone;
  const state = registration?.state ?? "offline";
  const focused = document.activeElement;
  find("status").dataset.state = state;
  write("status", STATES[state]);
  write("problem", registration?.reason || complaint);
  find("register").hidden = registration !== undefined;
  find("ready").hidden = registration === undefined;
  // 488: the two have no media in common (RFC 3261 §21.4.26).
  find("hint").hidden = isSilent || isBusy || call?.status !== 488;
  find("dial").hidden = isBusy;
  find("dial-button").disabled = state !== "registered";
  find("call").hidden = call === undefined;
  if (call) showCall(call);
  document.title = title(call, registration);
  // The focus goes on from what is hidden now: never to a button, which a key that is still down would press.
  if (focused?.closest("[hidden]")) find(registration ? (isBusy ? "call" : "address") : "user").focus();
}

function showCall(call) {
  const name = nameOf(call);
  find("call").dataset.state = call.state;
  write("avatar", name.slice(0, 1).toUpperCase());
  write("peer", name);
  find("peer").title = `${call.peer}`;
  // The seconds of a call are for the eye.
  find("progress").ariaLive = call.state === "connected" ? "off" : "polite";
  write("progress", progress(call));
  find("answer").hidden = call.direction !== "incoming" || call.state !== "ringing";
  find("hang-up").hidden = call.state === "ended";
  write("hang-up", hangUpLabel(call));
}

/** A tel: URI has neither. */
function nameOf({ peer }) {
  return peer.user || peer.host || `${peer}`;
}

/** The title is all that is seen of the page from another tab. */
function title(call, registration) {
  const rings = call?.direction === "incoming" && call.state === "ringing";
  const about = rings ? `${nameOf(call)} calls` : registration && find("me").textContent;
  return about ? `${about} · Switchboard` : "Switchboard";
}

function progress({ state, direction, status, reason, connectedAt }) {
  if (state === "connected") return duration(Date.now() - connectedAt);
  if (state === "ended") return status === undefined ? `Ended: ${reason}` : `${reason} (${status})`;
  return TITLES[`${direction} ${state}`];
}

function hangUpLabel({ state, direction }) {
  if (state === "connected") return "Hang up";
  return direction === "incoming" ? "Decline" : "Cancel";
}

function duration(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

function register(user) {
  complaint = "";
  find("me").textContent = user;
  find("silent").href = `?${new URLSearchParams({ user, audio: "none" })}`;
  phone.register(user).catch(complain);
}

function complain(error) {
  complaint = error.message;
  show();
}

find("register").addEventListener("submit", (event) => {
  event.preventDefault();
  register(find("user").value.trim());
});

find("dial").addEventListener("submit", (event) => {
  event.preventDefault();
  complaint = "";
  try {
    phone.dial(find("address").value);
  } catch (error) {
    complain(error);
  }
});

find("leave").addEventListener("click", () => phone.unregister());
find("answer").addEventListener("click", () => phone.answer());
find("hang-up").addEventListener("click", () => phone.hangUp());
// A page that is left or loaded anew takes its call with it, since the other side would talk to nobody, and its registration,
// since a user can have so many.
addEventListener("pagehide", () => {
  left = phone.registration && find("me").textContent;
  phone.unregister();
});
addEventListener("pageshow", () => {
  if (left) register(left);
});
// A new network makes a new connection, rather than waiting for the old one to be found dead.
addEventListener("online", () => phone.reconnect());
phone.addEventListener("change", show);
setInterval(show, 1000);

for (const domain of document.querySelectorAll(".domain")) domain.textContent = location.host;
show();
if (query.has("user")) register(query.get("user"));
else find("user").focus();
