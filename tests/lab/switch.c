/* switch CONTROL PORT...: a learning Ethernet switch in user space.
 *
 * Each PORT is the path of a SEQPACKET unix socket on which one NIC of one host connects (User-Mode Linux:
 * vecN:transport=bess,dst=PORT). A port outlives its connection, so a host may restart. 802.1Q frames pass as they are.
 * A frame for a port that is full, unplugged or not connected is dropped, as a real switch does.
 *
 * CONTROL is a SEQPACKET unix socket too; each message is a command, answered by one message ("ok" or "error ..."):
 *     plug PORT | unplug PORT          the cable
 *     allow PORT VLAN | deny PORT VLAN  one tagged VLAN on that port (all are allowed at first)
 * PORT is here the last part of the path.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { MAX_PORTS = 64, MAX_ADDRESSES = 1024, FRAME = 70000, BURST = 64, VLANS = 4096, ETHERTYPE = 12, TAGGED = 0x8100 };

struct port {
    const char *name;
    int listener, link; /* link is -1 while no host is connected */
    int plugged;
    unsigned char denied[VLANS];
};
struct address { unsigned char mac[6]; struct port *port; };

static struct port ports[MAX_PORTS];
static struct address table[MAX_ADDRESSES];
static int port_count, address_count, poller;
static unsigned char frame[FRAME];

static void die(const char *what) { perror(what); exit(1); }

static int listen_on(const char *path) {
    struct sockaddr_un where = {.sun_family = AF_UNIX};
    if (strlen(path) >= sizeof where.sun_path) { errno = ENAMETOOLONG; die(path); }
    strcpy(where.sun_path, path);
    unlink(path);
    int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&where, sizeof where) || listen(fd, 8)) die(path);
    return fd;
}

static void watch(int fd, void *who) {
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = who};
    if (epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event)) die("epoll_ctl");
}

static struct port *port_named(const char *name) {
    for (int i = 0; i < port_count; i++)
        if (!strcmp(ports[i].name, name)) return &ports[i];
    return NULL;
}

static void forget(const struct port *port) {
    for (int i = 0; i < address_count;)
        if (table[i].port == port) table[i] = table[--address_count]; else i++;
}

static struct address *lookup(const unsigned char *mac) {
    for (int i = 0; i < address_count; i++)
        if (!memcmp(table[i].mac, mac, 6)) return &table[i];
    return NULL;
}

static void learn(const unsigned char *mac, struct port *port) {
    struct address *known = lookup(mac);
    if (known) { known->port = port; return; }
    if ((mac[0] & 1) || address_count == MAX_ADDRESSES) return;
    memcpy(table[address_count].mac, mac, 6);
    table[address_count++].port = port;
}

static int passes(const struct port *port, int vlan) {
    return port->plugged && port->link >= 0 && !(vlan >= 0 && port->denied[vlan]);
}

static void forward(struct port *from, ssize_t length) {
    int type = frame[ETHERTYPE] << 8 | frame[ETHERTYPE + 1];
    int vlan = type == TAGGED ? (frame[ETHERTYPE + 2] & 0x0f) << 8 | frame[ETHERTYPE + 3] : -1;
    if (!passes(from, vlan)) return;
    learn(frame + 6, from);
    struct address *known = (frame[0] & 1) ? NULL : lookup(frame);
    for (int i = 0; i < port_count; i++) {
        struct port *to = &ports[i];
        if (to != from && passes(to, vlan) && (!known || known->port == to))
            send(to->link, frame, length, MSG_NOSIGNAL | MSG_DONTWAIT);
    }
}

static void hang_up(struct port *port) {
    close(port->link);
    port->link = -1;
    forget(port);
}

static void receive(struct port *port) {
    for (int i = 0; i < BURST && port->link >= 0; i++) {
        ssize_t length = recv(port->link, frame, sizeof frame, 0);
        if (length < 0 && (errno == EAGAIN || errno == EINTR)) return;
        if (length <= 0) hang_up(port);
        else if (length >= ETHERTYPE + 4) forward(port, length);
    }
}

static void accept_host(struct port *port) {
    int fd = accept4(port->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    if (port->link >= 0) hang_up(port); /* the newest wins: a host that was cut off comes back */
    int size = 1 << 20;
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    port->link = fd;
    watch(fd, port);
}

static const char *obey(char *text) {
    char verb[16], name[108];
    int vlan = -1, words = sscanf(text, "%15s %107s %d", verb, name, &vlan);
    struct port *port = words >= 2 ? port_named(name) : NULL;
    if (!port) return "error no such port";
    if (!strcmp(verb, "plug")) port->plugged = 1;
    else if (!strcmp(verb, "unplug")) { port->plugged = 0; forget(port); }
    else if (words == 3 && vlan > 0 && vlan < VLANS && !strcmp(verb, "allow")) port->denied[vlan] = 0;
    else if (words == 3 && vlan > 0 && vlan < VLANS && !strcmp(verb, "deny")) port->denied[vlan] = 1;
    else return "error no such command";
    return "ok";
}

static void serve_control(int listener) {
    char text[256];
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0) return;
    ssize_t length = recv(fd, text, sizeof text - 1, 0);
    if (length > 0) {
        text[length] = 0;
        const char *answer = obey(text);
        send(fd, answer, strlen(answer), MSG_NOSIGNAL);
    }
    close(fd);
}

int main(int argc, char **argv) {
    struct epoll_event events[32];
    if (argc < 3 || argc - 2 > MAX_PORTS) { fprintf(stderr, "switch CONTROL PORT...\n"); return 2; }
    poller = epoll_create1(EPOLL_CLOEXEC);
    int control = listen_on(argv[1]);
    watch(control, NULL);
    for (int i = 2; i < argc; i++) {
        struct port *port = &ports[port_count++];
        const char *slash = strrchr(argv[i], '/');
        *port = (struct port){.name = slash ? slash + 1 : argv[i], .listener = listen_on(argv[i]), .link = -1, .plugged = 1};
        watch(port->listener, port);
    }
    for (;;) {
        int count = epoll_wait(poller, events, 32, -1);
        for (int i = 0; i < count; i++) {
            struct port *port = events[i].data.ptr;
            if (!port) { serve_control(control); continue; }
            accept_host(port); /* one tag for both of a port's descriptors: each call does nothing when nothing waits */
            if (port->link >= 0) receive(port);
        }
    }
}
