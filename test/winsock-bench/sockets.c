// The ws2_32 functions the bench has to see. All others are forwarded by rio_bench.def, untouched.
#include "bench.h"

#include <stdlib.h>
#include <string.h>

// Exported by the plain names in rio_bench.def.
SOCKET WSAAPI bench_WSASocketW(int family, int type, int protocol, WSAPROTOCOL_INFOW *info, GROUP group, DWORD flags);
int WSAAPI bench_closesocket(SOCKET socket);
int WSAAPI bench_shutdown(SOCKET socket, int how);
int WSAAPI bench_WSAIoctl(SOCKET socket, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size,
    DWORD *returned, WSAOVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine);

#define BUCKETS 1024

typedef struct node {
    struct node *next;
    socket_entry entry;
} node;

static node *buckets[BUCKETS];

static node **place_of(SOCKET socket)
{
    // Handles are multiples of four.
    node **place = &buckets[(socket >> 2) % BUCKETS];
    while (*place != NULL && (*place)->entry.socket != socket) {
        place = &(*place)->next;
    }
    return place;
}

socket_entry *socket_find(SOCKET socket)
{
    node *found = *place_of(socket);
    return found != NULL ? &found->entry : NULL;
}

static void forget(SOCKET socket)
{
    node **place = place_of(socket);
    node *found = *place;
    if (found != NULL) {
        *place = found->next;
        free(found);
    }
}

static void record(SOCKET socket)
{
    socket_entry *old = socket_find(socket);
    if (old != NULL) {
        // The same value again: the first one was closed where the bench could not see it.
        if (old->rq != NULL) {
            breach(BREACH_SOCKET_ELSEWHERE, "RQ %u lost its socket without this library's closesocket",
                old->rq->serial);
            rq_close(old->rq);
        }
        forget(socket);
    }
    node *fresh = bench_allocate(sizeof *fresh);
    fresh->entry.socket = socket;
    fresh->entry.registered_io = true;
    node **place = place_of(socket);
    fresh->next = *place;
    *place = fresh;
}

SOCKET WSAAPI bench_WSASocketW(int family, int type, int protocol, WSAPROTOCOL_INFOW *info, GROUP group, DWORD flags)
{
    bench_begin();
    // Taken away, because underneath the bench needs an ordinary socket, on Windows as under Wine.
    SOCKET made = WSASocketW(family, type, protocol, info, group, flags & ~SOCKET_FLAG_REGISTERED_IO);
    if (made != INVALID_SOCKET && (flags & SOCKET_FLAG_REGISTERED_IO) != 0) {
        bench_lock();
        record(made);
        bench_unlock();
    }
    return made;
}

int WSAAPI bench_closesocket(SOCKET socket)
{
    bench_lock();
    socket_entry *entry = socket_find(socket);
    if (entry != NULL) {
        request_queue *rq = entry->rq;
        if (rq != NULL) {
            rq_close(rq);
        }
        forget(socket);
    }
    bench_unlock();
    return closesocket(socket);
}

int WSAAPI bench_shutdown(SOCKET socket, int how)
{
    bench_lock();
    const socket_entry *entry = socket_find(socket);
    const request_queue *rq = entry != NULL ? entry->rq : NULL;
    if (how != SD_RECEIVE && rq != NULL && rq->lanes[SENDING].requests.head != NULL && rq->broken == 0) {
        breach(BREACH_SHUTDOWN_SENDS, "RQ %u has sends that are not done", rq->serial);
    }
    bench_unlock();
    return shutdown(socket, how);
}

static const unsigned char table_id[16] = RIO_TABLE_ID_BYTES;

static int32_t fill_table(SOCKET socket, void *out, DWORD out_size, DWORD *returned)
{
    int type, length = sizeof type;
    if (getsockopt(socket, SOL_SOCKET, SO_TYPE, (char *)&type, &length) != 0) {
        return WSAGetLastError();
    }
    rio_table *table = out;
    if (out == NULL || out_size < sizeof *table || returned == NULL) {
        breach(BREACH_TABLE_SIZE, "an output buffer of %lu bytes for the table of %u", out_size,
            (unsigned)sizeof *table);
        return WSAEFAULT;
    }
    // The caller says which table it was built for.
    if (table->size != sizeof *table) {
        breach(BREACH_TABLE_SIZE, "cbSize is %lu, not %u", table->size, (unsigned)sizeof *table);
        return WSAEINVAL;
    }
    *table = (rio_table) {
        .size = sizeof *table,
        .receive = bench_receive,
        .receive_ex = bench_receive_ex,
        .send = bench_send,
        .send_ex = bench_send_ex,
        .close_completion_queue = bench_close_completion_queue,
        .create_completion_queue = bench_create_completion_queue,
        .create_request_queue = bench_create_request_queue,
        .dequeue_completion = bench_dequeue_completion,
        .deregister_buffer = bench_deregister_buffer,
        .notify = bench_notify,
        .register_buffer = bench_register_buffer,
        .resize_completion_queue = bench_resize_completion_queue,
        .resize_request_queue = bench_resize_request_queue,
    };
    *returned = sizeof *table;
    return 0;
}

int WSAAPI bench_WSAIoctl(SOCKET socket, DWORD code, void *in, DWORD in_size, void *out, DWORD out_size,
    DWORD *returned, WSAOVERLAPPED *overlapped, LPWSAOVERLAPPED_COMPLETION_ROUTINE routine)
{
    if (code != IOCTL_GET_MULTIPLE_EXTENSION_FUNCTION_POINTER || in == NULL || in_size != sizeof table_id
        || memcmp(in, table_id, sizeof table_id) != 0) {
        return WSAIoctl(socket, code, in, in_size, out, out_size, returned, overlapped, routine);
    }
    bench_begin();
    bench_lock();
    int32_t error = fill_table(socket, out, out_size, returned);
    bench_unlock();
    WSASetLastError(error);
    return error == 0 ? 0 : SOCKET_ERROR;
}
