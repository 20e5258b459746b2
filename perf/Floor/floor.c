/* The floor: what the same I/O costs without an HTTP stack. One thread, one io_uring, made with the flags that the
 * transport's ring has; a multishot accept, and on every connection one receive or one send at a time. Each empty line
 * that comes in is taken for the end of a request and answered with the same response.
 *
 *   floor PORT        serves on 127.0.0.1 until standard input ends
 */
#include <arpa/inet.h>
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    SUBMISSIONS = 1024,
    COMPLETIONS = 16384,
    CONNECTIONS = 20000, /* descriptors above are closed at once */
    RECEIVE_LENGTH = 4096,
    BATCH = 64, /* responses in one send */
};

enum operation { ACCEPT, RECEIVE, SEND, LEASE };

struct connection {
    int matched;      /* how much of the empty line has been seen */
    unsigned owed;    /* responses not yet handed to a send */
    unsigned to_send; /* bytes of the send under way */
    unsigned sent;
    char input[RECEIVE_LENGTH];
};

static const char response[] =
    "HTTP/1.1 200 OK\r\nContent-Length: 13\r\nContent-Type: text/plain\r\n"
    "Date: Thu, 01 Jan 2026 00:00:00 GMT\r\nServer: Floor\r\n\r\nHello, World!";

enum { RESPONSE_LENGTH = sizeof response - 1 };

static char responses[BATCH * RESPONSE_LENGTH];
static struct connection *connections[CONNECTIONS];
static struct io_uring ring;
static char lease[64];

static void die(const char *what, int error)
{
    fprintf(stderr, "floor: %s: %s\n", what, strerror(error));
    exit(1);
}

static struct io_uring_sqe *next_submission(void)
{
    struct io_uring_sqe *entry;
    while ((entry = io_uring_get_sqe(&ring)) == NULL) {
        int submitted = io_uring_submit(&ring);
        if (submitted < 0 && submitted != -EINTR && submitted != -EAGAIN && submitted != -EBUSY)
            die("submit", -submitted);
    }
    return entry;
}

static void tag(struct io_uring_sqe *entry, enum operation operation, int descriptor)
{
    entry->user_data = (uint64_t)operation << 32 | (uint32_t)descriptor;
}

static void post_accept(int listener)
{
    struct io_uring_sqe *entry = next_submission();
    io_uring_prep_multishot_accept(entry, listener, NULL, NULL, SOCK_CLOEXEC);
    tag(entry, ACCEPT, listener);
}

static void post_receive(int descriptor)
{
    struct io_uring_sqe *entry = next_submission();
    io_uring_prep_recv(entry, descriptor, connections[descriptor]->input, RECEIVE_LENGTH, 0);
    tag(entry, RECEIVE, descriptor);
}

static void post_send(int descriptor)
{
    struct connection *connection = connections[descriptor];
    struct io_uring_sqe *entry = next_submission();
    io_uring_prep_send(entry, descriptor, responses + connection->sent, connection->to_send - connection->sent,
                       MSG_NOSIGNAL);
    tag(entry, SEND, descriptor);
}

/* Standard input is the lease: when it ends, so does the floor, also when the driver was killed. */
static void post_lease(void)
{
    struct io_uring_sqe *entry = next_submission();
    io_uring_prep_read(entry, STDIN_FILENO, lease, sizeof lease, 0);
    tag(entry, LEASE, STDIN_FILENO);
}

static void end_connection(int descriptor)
{
    free(connections[descriptor]);
    connections[descriptor] = NULL;
    close(descriptor);
}

/* What is owed is sent before more is received, so that a connection has one request in the kernel. */
static void go_on(int descriptor)
{
    struct connection *connection = connections[descriptor];
    if (connection->owed == 0) {
        post_receive(descriptor);
        return;
    }
    unsigned count = connection->owed < BATCH ? connection->owed : BATCH;
    connection->owed -= count;
    connection->to_send = count * RESPONSE_LENGTH;
    connection->sent = 0;
    post_send(descriptor);
}

static void on_accept(const struct io_uring_cqe *completion, int listener)
{
    if (!(completion->flags & IORING_CQE_F_MORE))
        post_accept(listener);
    int descriptor = completion->res;
    if (descriptor < 0)
        return;
    if (descriptor >= CONNECTIONS || (connections[descriptor] = calloc(1, sizeof(struct connection))) == NULL) {
        close(descriptor);
        return;
    }
    int on = 1;
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    post_receive(descriptor);
}

static void on_receive(const struct io_uring_cqe *completion, int descriptor)
{
    static const char empty_line[] = "\r\n\r\n";
    struct connection *connection = connections[descriptor];
    if (completion->res <= 0) {
        end_connection(descriptor);
        return;
    }
    for (int i = 0; i < completion->res; i++) {
        char next = connection->input[i];
        if (next == empty_line[connection->matched])
            connection->matched++;
        else
            connection->matched = next == '\r';
        if (connection->matched == 4) {
            connection->owed++;
            connection->matched = 0;
        }
    }
    go_on(descriptor);
}

static void on_send(const struct io_uring_cqe *completion, int descriptor)
{
    struct connection *connection = connections[descriptor];
    if (completion->res <= 0) {
        end_connection(descriptor);
        return;
    }
    connection->sent += completion->res;
    if (connection->sent < connection->to_send)
        post_send(descriptor);
    else
        go_on(descriptor);
}

static void on_lease(const struct io_uring_cqe *completion)
{
    if (completion->res <= 0 && completion->res != -EINTR && completion->res != -EAGAIN)
        exit(0);
    post_lease();
}

static void dispatch(const struct io_uring_cqe *completion)
{
    int descriptor = (int)(uint32_t)completion->user_data;
    switch ((enum operation)(completion->user_data >> 32)) {
    case ACCEPT:
        on_accept(completion, descriptor);
        break;
    case RECEIVE:
        on_receive(completion, descriptor);
        break;
    case SEND:
        on_send(completion, descriptor);
        break;
    case LEASE:
        on_lease(completion);
        break;
    }
}

static int listen_on(int port)
{
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) < 0
        || bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0)
        die("listen", errno);
    return listener;
}

static void make_ring(void)
{
    struct io_uring_params parameters = {
        .flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN
            | IORING_SETUP_TASKRUN_FLAG,
        .cq_entries = COMPLETIONS,
    };
    int made = io_uring_queue_init_params(SUBMISSIONS, &ring, &parameters);
    if (made < 0)
        die("io_uring_setup", -made);
}

int main(int count, char **arguments)
{
    int port = count == 2 ? atoi(arguments[1]) : 0;
    if (port < 1 || port > 65535) {
        fprintf(stderr, "usage: floor PORT\n");
        return 2;
    }

    signal(SIGPIPE, SIG_IGN);
    for (int i = 0; i < BATCH; i++)
        memcpy(responses + i * RESPONSE_LENGTH, response, RESPONSE_LENGTH);
    make_ring();
    post_accept(listen_on(port));
    post_lease();

    for (;;) {
        int submitted = io_uring_submit_and_wait(&ring, 1);
        if (submitted < 0 && submitted != -EINTR && submitted != -EAGAIN && submitted != -EBUSY)
            die("io_uring_enter", -submitted);

        struct io_uring_cqe *completion;
        unsigned head, taken = 0;
        io_uring_for_each_cqe(&ring, head, completion) {
            dispatch(completion);
            taken++;
        }
        io_uring_cq_advance(&ring, taken);
    }
}
