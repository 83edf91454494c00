// Load: sends OPTIONS to a port of this machine and counts what comes back. Each has a branch of its own, so
// that a server cannot take it for a retransmission; otherwise they are the same bytes. One line of JSON.
//
//   load udp PORT SECONDS WINDOW SOCKETS    so many under way at once, spread over the sockets
//   load ws PORT SECONDS WINDOW SOCKETS     the same in WebSocket text frames
//   load burst PORT COUNT                   all at once, then what comes back until it has been quiet for 1 s

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define MOST 256
#define BATCH 32
#define LENGTH 2048
/** An unmasked frame's longest header, and a masked one's for a message of 126 to 65,535 octets. */
#define FRAME 8

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) {
  perror(what);
  exit(1);
}

static struct sockaddr_in loopback(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return a;
}

// The message: a text with places for a number, filled in for each one that is sent.

struct template {
  char text[LENGTH];
  int length, places[4], count;
};
static uint64_t number;

static void compose(struct template *t, int port, int own, const char *transport, int frame) {
  char mark[17];
  memset(mark, '#', 16);
  mark[16] = 0;
  char *text = t->text + frame;
  int n = snprintf(text, LENGTH - frame,
    "OPTIONS sip:bench@127.0.0.1:%d SIP/2.0\r\n"
    "Via: SIP/2.0/%s 127.0.0.1:%d;branch=z9hG4bK%s;rport\r\n"
    "Max-Forwards: 70\r\n"
    "To: <sip:bench@127.0.0.1:%d>\r\n"
    "From: \"Load\" <sip:load@127.0.0.1:%d>;tag=%s\r\n"
    "Call-ID: %s@127.0.0.1\r\n"
    "CSeq: 1 OPTIONS\r\n"
    "Contact: <sip:load@127.0.0.1:%d>\r\n"
    "Accept: application/sdp\r\n"
    "User-Agent: load\r\n"
    "Content-Length: 0\r\n\r\n",
    port, transport, own, mark, port, own, mark, mark, own);
  t->length = n + frame;
  t->count = 0;
  for (char *p = text; (p = strstr(p, mark)); p += 16) t->places[t->count++] = p - t->text;
  if (frame) {
    // A text frame, whole, masked with zeros: masked it has to be, and zeros leave it as it is.
    const unsigned char head[FRAME] = {0x81, 0x80 | 126, n >> 8, n & 255, 0, 0, 0, 0};
    memcpy(t->text, head, FRAME);
  }
}

static void fill(const struct template *t, char *out) {
  static const char digits[] = "0123456789abcdef";
  char hex[16];
  uint64_t value = number++;
  for (int i = 15; i >= 0; i--, value >>= 4) hex[i] = digits[value & 15];
  memcpy(out, t->text, t->length);
  for (int i = 0; i < t->count; i++) memcpy(out + t->places[i], hex, 16);
}

// UDP.

static struct template templates[MOST];
static char in[BATCH][LENGTH], out[BATCH][LENGTH];
static struct iovec inv[BATCH], outv[BATCH];
static struct mmsghdr inm[BATCH], outm[BATCH];
static long answers, bad, lost;

static int udp(int port, struct template *t) {
  int s = socket(AF_INET, SOCK_DGRAM, 0), size = 4 << 20;
  setsockopt(s, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size);
  setsockopt(s, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  struct sockaddr_in to = loopback(port), own;
  socklen_t length = sizeof own;
  if (connect(s, (void *)&to, sizeof to)) die("connect");
  getsockname(s, (void *)&own, &length);
  fcntl(s, F_SETFL, O_NONBLOCK);
  compose(t, port, ntohs(own.sin_port), "UDP", 0);
  return s;
}

static int put(int s, const struct template *t, int count) {
  int done = 0;
  while (done < count) {
    int want = count - done < BATCH ? count - done : BATCH;
    for (int i = 0; i < want; i++) {
      fill(t, out[i]);
      outv[i].iov_len = t->length;
    }
    int n = sendmmsg(s, outm, want, 0);
    if (n > 0) done += n;
    else if (errno == EAGAIN) {
      struct pollfd p = {s, POLLOUT, 0};
      poll(&p, 1, 100);
    } else if (errno != ECONNREFUSED) die("sendmmsg");
  }
  return done;
}

static int get(int s) {
  for (int i = 0; i < BATCH; i++) inv[i].iov_len = LENGTH;
  int n = recvmmsg(s, inm, BATCH, MSG_DONTWAIT, 0);
  for (int i = 0; i < n; i++) {
    // What was sent, or a 200 to it.
    if (memcmp(in[i], "SIP/2.0 200", 11) && memcmp(in[i], "OPTIONS", 7)) bad++;
  }
  if (n > 0) answers += n;
  return n > 0 ? n : 0;
}

static void loop(int port, double seconds, int window, int sockets) {
  struct pollfd p[MOST];
  int away[MOST];
  for (int i = 0; i < sockets; i++) {
    p[i] = (struct pollfd){udp(port, &templates[i]), POLLIN, 0};
    away[i] = put(p[i].fd, &templates[i], window / sockets);
  }
  double began = now(), heard = began, t;
  while ((t = now()) - began < seconds) {
    // It never sleeps: to wake it would be the server's work, and the slower that is, the more often.
    if (poll(p, sockets, 0) > 0) heard = t;
    else {
      // Whatever is still away after that time is lost.
      if (t - heard < 0.2) continue;
      heard = t;
      for (int i = 0; i < sockets; i++) {
        lost += away[i];
        away[i] = put(p[i].fd, &templates[i], window / sockets);
      }
      continue;
    }
    for (int i = 0; i < sockets; i++) {
      if (!p[i].revents) continue;
      int n = get(p[i].fd);
      if (n > 0) put(p[i].fd, &templates[i], n);
    }
  }
  printf("{\"answers\":%ld,\"bad\":%ld,\"lost\":%ld,\"seconds\":%.3f}\n", answers, bad, lost, t - began);
}

static void burst(int port, int count) {
  struct template *t = &templates[0];
  int s = udp(port, t);
  double began = now();
  for (int sent = 0; sent < count; sent += BATCH) {
    put(s, t, count - sent < BATCH ? count - sent : BATCH);
    while (get(s));
  }
  double took = now() - began;
  struct pollfd p = {s, POLLIN, 0};
  while (poll(&p, 1, 1000) > 0) get(s);
  printf("{\"sent\":%d,\"answers\":%ld,\"bad\":%ld,\"seconds\":%.4f}\n", count, answers, bad, took);
}

// WebSocket.

static struct { char data[1 << 17]; int length; } streams[MOST];

static int websocket(int port, struct template *t) {
  int s = socket(AF_INET, SOCK_STREAM, 0), one = 1;
  struct sockaddr_in to = loopback(port);
  if (connect(s, (void *)&to, sizeof to)) die("connect");
  setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  char text[1024];
  int n = snprintf(text, sizeof text,
    "GET / HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: sip\r\n\r\n", port);
  if (write(s, text, n) != n) die("write");
  int had = 0;
  do {
    if (had == sizeof text - 1 || read(s, text + had, 1) != 1) die("handshake");
    text[++had] = 0;
  } while (had < 4 || strcmp(text + had - 4, "\r\n\r\n"));
  if (!strstr(text, " 101 ")) {
    fputs(text, stderr);
    exit(1);
  }
  compose(t, port, 5060, "WS", FRAME);
  return s;
}

static void send_frames(int s, const struct template *t, int count) {
  static char data[MOST * LENGTH];
  while (count > 0) {
    int some = count < MOST ? count : MOST, length = 0;
    for (int i = 0; i < some; i++, length += t->length) fill(t, data + length);
    for (int done = 0; done < length;) {
      int n = write(s, data + done, length - done);
      if (n <= 0) die("write");
      done += n;
    }
    count -= some;
  }
}

/** How many frames came. */
static int read_frames(int s, int i) {
  char *data = streams[i].data;
  int n = read(s, data + streams[i].length, sizeof streams[i].data - streams[i].length), frames = 0, at = 0;
  if (n <= 0) die("closed");
  int length = streams[i].length + n;
  while (length - at >= 4) {
    unsigned char *f = (unsigned char *)data + at;
    int head = (f[1] & 127) == 126 ? 4 : 2, size = head == 4 ? f[2] << 8 | f[3] : f[1] & 127;
    if (length - at < head + size) break;
    at += head + size;
    // A ping: the connection does not last long enough for its pong to be missed.
    if ((f[0] & 15) >= 8) continue;
    if (size < 11 || (memcmp(f + head, "SIP/2.0 200", 11) && memcmp(f + head, "OPTIONS", 7))) bad++;
    frames++;
  }
  memmove(data, data + at, length - at);
  streams[i].length = length - at;
  answers += frames;
  return frames;
}

static void loop_ws(int port, double seconds, int window, int sockets) {
  struct pollfd p[MOST];
  for (int i = 0; i < sockets; i++) {
    p[i] = (struct pollfd){websocket(port, &templates[i]), POLLIN, 0};
    send_frames(p[i].fd, &templates[i], window / sockets);
  }
  double began = now(), t;
  while ((t = now()) - began < seconds) {
    poll(p, sockets, 0);
    for (int i = 0; i < sockets; i++) {
      if (!p[i].revents) continue;
      int n = read_frames(p[i].fd, i);
      if (n > 0) send_frames(p[i].fd, &templates[i], n);
    }
  }
  printf("{\"answers\":%ld,\"bad\":%ld,\"lost\":0,\"seconds\":%.3f}\n", answers, bad, t - began);
}

int main(int count, char **argument) {
  for (int i = 0; i < BATCH; i++) {
    inv[i].iov_base = in[i];
    outv[i].iov_base = out[i];
    inm[i].msg_hdr.msg_iov = &inv[i];
    outm[i].msg_hdr.msg_iov = &outv[i];
    inm[i].msg_hdr.msg_iovlen = outm[i].msg_hdr.msg_iovlen = 1;
  }
  number = (uint64_t)getpid() << 40 | (uint64_t)(time(0) & 0xffff) << 24;
  const char *mode = count > 1 ? argument[1] : "";
  if (count == 4 && !strcmp(mode, "burst")) burst(atoi(argument[2]), atoi(argument[3]));
  else if (count == 6 && atoi(argument[5]) <= MOST && atoi(argument[4]) >= atoi(argument[5])) {
    int port = atoi(argument[2]), window = atoi(argument[4]), sockets = atoi(argument[5]);
    double seconds = atof(argument[3]);
    if (!strcmp(mode, "udp")) loop(port, seconds, window, sockets);
    else if (!strcmp(mode, "ws")) loop_ws(port, seconds, window, sockets);
    else return 2;
  } else return 2;
  return 0;
}
