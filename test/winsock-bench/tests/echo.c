// An echo server as the product's poller is built: AcceptEx into sockets with WSA_FLAG_REGISTERED_IO, one completion
// queue, drain, arm, wait. Its clients are plain blocking sockets, each on a thread of its own.
#include "harness.h"

#include <mswsock.h>

#define CONNECTIONS 50
#define BYTES (300 * 1024)
#define PIECE 4096
#define MINUTE 60000

typedef struct echo_connection {
    SOCKET socket;
    rio_rq rq;
    uint32_t offset;
    bool fin;
} echo_connection;

typedef struct echo_client {
    struct sockaddr_storage address;
    int length;
    uint32_t seed;
    bool fine;
} echo_client;

static uint32_t next_random(uint32_t *state)
{
    *state = *state * 1664525u + 1013904223u;
    return *state >> 8;
}

static DWORD WINAPI send_all(void *parameter)
{
    SOCKET to = *(SOCKET *)parameter;
    uint32_t state = (uint32_t)(uintptr_t)((void **)parameter)[1];
    char piece[5000];
    for (int left = BYTES; left > 0;) {
        int size = left < (int)sizeof piece ? left : (int)sizeof piece;
        for (int i = 0; i < size; i++) {
            piece[i] = (char)next_random(&state);
        }
        for (int sent = 0; sent < size;) {
            int more = send(to, piece + sent, size - sent, 0);
            if (more <= 0) {
                return 1;
            }
            sent += more;
        }
        left -= size;
    }
    shutdown(to, SD_SEND);
    return 0;
}

// Every byte is compared with what the same dice give again: no hash can be luckier.
static DWORD WINAPI run_client(void *parameter)
{
    echo_client *client = parameter;
    SOCKET to = socket(client->address.ss_family, SOCK_STREAM, IPPROTO_TCP);
    if (connect(to, (struct sockaddr *)&client->address, client->length) != 0) {
        return 1;
    }
    void *arguments[] = { (void *)to, (void *)(uintptr_t)client->seed };
    HANDLE sender = CreateThread(NULL, 0, send_all, arguments, 0, NULL);
    uint32_t state = client->seed;
    char piece[7000];
    int total = 0, size;
    bool same = true;
    while ((size = recv(to, piece, sizeof piece, 0)) > 0) {
        for (int i = 0; i < size; i++) {
            same &= piece[i] == (char)next_random(&state);
        }
        total += size;
    }
    WaitForSingleObject(sender, MINUTE);
    CloseHandle(sender);
    closesocket(to);
    client->fine = same && size == 0 && total == BYTES;
    return 0;
}

static SOCKET accept_one(SOCKET listener, int family, LPFN_ACCEPTEX accept_ex, HANDLE event)
{
    SOCKET made = rio_socket(family);
    char addresses[2 * (sizeof(struct sockaddr_storage) + 16)];
    OVERLAPPED overlapped = { .hEvent = event };
    DWORD bytes;
    BOOL done = accept_ex(listener, made, addresses, 0, sizeof addresses / 2, sizeof addresses / 2, &bytes, &overlapped);
    CHECK(done || WSAGetLastError() == ERROR_IO_PENDING);
    CHECK_EQUAL(WaitForSingleObject(event, MINUTE), WAIT_OBJECT_0);
    CHECK_EQUAL(setsockopt(made, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (char *)&listener, sizeof listener), 0);
    return made;
}

static LPFN_ACCEPTEX find_accept_ex(SOCKET listener)
{
    GUID id = WSAID_ACCEPTEX;
    LPFN_ACCEPTEX found = NULL;
    DWORD bytes;
    CHECK_EQUAL(lib.ioctl(listener, IOCTL_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &found, sizeof found, &bytes,
        NULL, NULL), 0);
    return found;
}

// One completion: what came in goes out, the last byte out asks for more, FIN ends it. True when the connection ended.
static bool turn(echo_connection *one, const rio_result *result, rio_buffer_id buffer, bool defer)
{
    CHECK_EQUAL(result->status, 0);
    rio_buffer data = { .buffer_id = buffer, .offset = one->offset, .length = PIECE };
    bool was_receive = result->request_context == 1;
    if (was_receive && result->bytes_transferred == 0) {
        one->fin = true;
        return true;
    }
    if (!was_receive) {
        CHECK(rio.receive(one->rq, &data, 1, 0, (void *)1));
    } else if (!defer) {
        data.length = result->bytes_transferred;
        CHECK(rio.send(one->rq, &data, 1, 0, (void *)2));
    } else {
        data.length = result->bytes_transferred;
        CHECK(rio.send(one->rq, &data, 1, RIO_FLAG_DEFER, (void *)2));
        CHECK(rio.send(one->rq, NULL, 0, RIO_FLAG_COMMIT_ONLY, NULL));
    }
    return false;
}

static void wait_for(rio_notification *notification)
{
    if (notification->type == RIO_NOTIFY_BY_EVENT) {
        CHECK_EQUAL(WaitForSingleObject(notification->event.handle, MINUTE), WAIT_OBJECT_0);
        return;
    }
    DWORD bytes;
    ULONG_PTR key;
    OVERLAPPED *overlapped;
    CHECK(GetQueuedCompletionStatus(notification->iocp.handle, &bytes, &key, &overlapped, MINUTE));
    CHECK_EQUAL(key, 0x1234567890);
    CHECK(overlapped == notification->iocp.overlapped);
}

static void serve(echo_connection *connections, rio_cq cq, rio_notification *notification, rio_buffer_id buffer,
    bool defer)
{
    int open = CONNECTIONS;
    while (open > 0) {
        rio_result results[16];
        ULONG taken = rio.dequeue_completion(cq, results, 16);
        CHECK(taken != RIO_CORRUPT_COMPLETION_QUEUE);
        for (ULONG i = 0; i < taken; i++) {
            echo_connection *one = &connections[results[i].socket_context];
            if (turn(one, &results[i], buffer, defer)) {
                open--;
                shutdown(one->socket, SD_SEND);
                CHECK_EQUAL(lib.close_socket(one->socket), 0);
            }
        }
        if (taken == 0 && open > 0) {
            CHECK_EQUAL(rio.notify(cq), 0);
            wait_for(notification);
        }
    }
}

static void echo(int family, rio_notification notification, bool defer)
{
    CHECK(lib.configure("strict=0"));
    static echo_client clients[CONNECTIONS];
    static echo_connection connections[CONNECTIONS];
    static HANDLE threads[CONNECTIONS];
    struct sockaddr_storage address;
    int length;
    SOCKET listener = listen_on_loopback(family, &address, &length);
    LPFN_ACCEPTEX accept_ex = find_accept_ex(listener);
    HANDLE event = CreateEventA(NULL, FALSE, FALSE, NULL);
    rio_cq cq = rio.create_completion_queue(2 * CONNECTIONS, &notification);
    CHECK(cq != RIO_INVALID_COMPLETION_QUEUE);
    char *memory = VirtualAlloc(NULL, CONNECTIONS * PIECE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    rio_buffer_id buffer = rio.register_buffer(memory, CONNECTIONS * PIECE);
    CHECK(buffer != RIO_INVALID_BUFFER_ID);

    for (int i = 0; i < CONNECTIONS; i++) {
        clients[i] = (echo_client) { .address = address, .length = length, .seed = 77u + (uint32_t)i };
        threads[i] = CreateThread(NULL, 0, run_client, &clients[i], 0, NULL);
        echo_connection *one = &connections[i];
        one->offset = (uint32_t)i * PIECE;
        one->socket = accept_one(listener, family, accept_ex, event);
        one->rq = rio.create_request_queue(one->socket, 1, 1, 1, 1, cq, cq, (void *)(uintptr_t)i);
        CHECK(one->rq != RIO_INVALID_REQUEST_QUEUE);
        rio_buffer data = { .buffer_id = buffer, .offset = one->offset, .length = PIECE };
        CHECK(rio.receive(one->rq, &data, 1, 0, (void *)1));
    }
    serve(connections, cq, &notification, buffer, defer);
    for (int i = 0; i < CONNECTIONS; i++) {
        CHECK_EQUAL(WaitForSingleObject(threads[i], MINUTE), WAIT_OBJECT_0);
        CHECK(clients[i].fine);
    }

    rio_bench_counters_t now = counters();
    CHECK_EQUAL(now.bytes_received, CONNECTIONS * BYTES);
    CHECK_EQUAL(now.bytes_sent, CONNECTIONS * BYTES);
    CHECK_EQUAL(now.completions, now.sends + now.receives);
    CHECK_EQUAL(now.send_transitions, now.sends);
    CHECK_EQUAL(now.sends_deferred, defer ? now.sends : 0);
    CHECK_EQUAL(now.send_commits, now.sends_deferred);
    CHECK(now.notifies >= now.notifications && now.notifications > 0);
    rio.close_completion_queue(cq);
    rio.deregister_buffer(buffer);
    closesocket(listener);
    check_clean();
}

static rio_notification by_event(void)
{
    return (rio_notification) {
        .type = RIO_NOTIFY_BY_EVENT,
        .event = { .handle = CreateEventA(NULL, TRUE, FALSE, NULL), .notify_reset = TRUE },
    };
}

static rio_notification by_iocp(void)
{
    static OVERLAPPED overlapped;
    return (rio_notification) {
        .type = RIO_NOTIFY_BY_IOCP,
        .iocp = {
            .handle = CreateIoCompletionPort(INVALID_HANDLE_VALUE, NULL, 0, 1),
            .completion_key = (void *)0x1234567890,
            .overlapped = &overlapped,
        },
    };
}

TEST(echo_over_ipv4_by_iocp)
{
    echo(AF_INET, by_iocp(), false);
}

TEST(echo_over_ipv4_by_event)
{
    echo(AF_INET, by_event(), false);
}

TEST(echo_over_ipv6_by_iocp_with_deferred_sends)
{
    echo(AF_INET6, by_iocp(), true);
}

TEST(echo_over_ipv6_by_event)
{
    echo(AF_INET6, by_event(), false);
}
