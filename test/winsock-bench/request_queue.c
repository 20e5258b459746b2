// Request queues: one to a socket, and closed with it.
#include "bench.h"

#include <stdlib.h>

#define ID_TAG 0x0000520000000052u
#define ID_STEP 8

// How long closesocket waits for the real Winsock to let go of what it cancelled. Never reached unless it is broken.
#define CANCEL_WAIT 5000

static request_queue **all;
static size_t made, room;
static uint32_t open_now;

uint32_t rqs_open(void)
{
    return open_now;
}

request_queue *rq_find(rio_rq id, const char *call)
{
    uint64_t index = (id ^ ID_TAG) >> ID_STEP;
    if ((id & 0xFF) != (ID_TAG & 0xFF) || index >= made || all[index]->id != id) {
        breach(BREACH_RQ_UNKNOWN, "%s with %llx", call, (unsigned long long)id);
        return NULL;
    }
    if (all[index]->closed) {
        breach(BREACH_RQ_AFTER_CLOSE, "%s on RQ %u, whose socket is closed", call, all[index]->serial);
        return NULL;
    }
    return all[index];
}

// The key of a socket's packets is the place of its queue.
kernel_call *rq_call_of(ULONG_PTR key, const OVERLAPPED *overlapped)
{
    for (int i = 0; key < made && i < 2; i++) {
        kernel_call *call = &all[key]->lanes[i].call;
        if (&call->overlapped == overlapped) {
            return call;
        }
    }
    return NULL;
}

// Receives and sends share the queue, and it is not protected: threads take turns.
bool rq_enter(request_queue *rq, const char *call)
{
    DWORD self = GetCurrentThreadId();
    if (rq->inside != 0 && rq->inside != self) {
        breach(BREACH_RQ_TWO_THREADS, "%s on thread %lu while thread %lu is in RQ %u", call, self, rq->inside,
            rq->serial);
        return false;
    }
    rq->inside = self;
    bench_stay();
    return true;
}

void rq_leave(request_queue *rq)
{
    rq->inside = 0;
}

// Whether both queues have room for these limits; takes what they have now as free.
static bool have_room(const half lanes[2], uint64_t sends, uint64_t receives)
{
    const completion_queue *sending = lanes[SENDING].cq, *receiving = lanes[RECEIVING].cq;
    uint64_t sends_now = lanes[SENDING].limit, receives_now = lanes[RECEIVING].limit;
    if (sending == receiving) {
        return sending->promised - sends_now - receives_now + sends + receives <= sending->size;
    }
    return sending->promised - sends_now + sends <= sending->size
        && receiving->promised - receives_now + receives <= receiving->size;
}

static void promise(half lanes[2], uint32_t sends, uint32_t receives)
{
    lanes[SENDING].cq->promised += sends - lanes[SENDING].limit;
    lanes[RECEIVING].cq->promised += receives - lanes[RECEIVING].limit;
    lanes[SENDING].limit = sends;
    lanes[RECEIVING].limit = receives;
}

// A closed socket's slots are free again, say the remarks of RIOCreateRequestQueue, but its completions still come:
// who gives the slots away before they were dequeued can overrun the queue.
static void check_drained(const completion_queue *cq)
{
    if (cq->orphaned != 0 && !cq_has_room(cq, cq->orphaned)) {
        breach(BREACH_CQ_SHARE_NOT_DRAINED, "CQ %u of %u: %u promised, and %u completions of closed sockets to come",
            cq->serial, cq->size, cq->promised, cq->orphaned);
    }
}

static int32_t check_socket(SOCKET socket)
{
    int type = 0, length = sizeof type;
    if (getsockopt(socket, SOL_SOCKET, SO_TYPE, (char *)&type, &length) != 0) {
        return WSAGetLastError();
    }
    // RIO knows datagrams too; the bench does not.
    if (type != SOCK_STREAM) {
        return WSAEOPNOTSUPP;
    }
    const socket_entry *entry = socket_find(socket);
    if (entry == NULL || !entry->registered_io) {
        // No page says which error this is on Windows.
        breach(BREACH_RQ_PLAIN_SOCKET, "a socket that was made without WSA_FLAG_REGISTERED_IO");
        return WSAEINVAL;
    }
    if (entry->rq != NULL) {
        breach(BREACH_RQ_TWICE, "the socket has RQ %u", entry->rq->serial);
        return WSAEINVAL;
    }
    return 0;
}

static int32_t refuse_creation(SOCKET socket, const half lanes[2], uint32_t sends, uint32_t receives)
{
    if (sends == 0 && receives == 0) {
        return WSAEINVAL;
    }
    int32_t error = check_socket(socket);
    if (error != 0) {
        return error;
    }
    error = settings_fault(FAULT_CREATE_RQ, 0, bench.counters.rqs_created + bench.counters.injected);
    if (error != 0) {
        bench.counters.injected++;
        return error;
    }
    if (!have_room(lanes, sends, receives)) {
        breach(BREACH_CQ_OVER_COMMITTED, "RIOCreateRequestQueue of %u sends and %u receives: CQ %u has %u of %u "
            "promised", sends, receives, lanes[SENDING].cq->serial, lanes[SENDING].cq->promised,
            lanes[SENDING].cq->size);
        return WSAENOBUFS;
    }
    // One port to a handle, for good: a socket that is bound to another cannot be served here.
    if (CreateIoCompletionPort((HANDLE)socket, bench.port, made, 0) == NULL) {
        breach(BREACH_BENCH_TROUBLE, "the socket belongs to another completion port already: %lu", GetLastError());
        return WSAEINVAL;
    }
    return 0;
}

static request_queue *add(SOCKET socket, const half lanes[2], void *context)
{
    if (made == room) {
        room = room == 0 ? 256 : room * 2;
        all = realloc(all, room * sizeof *all);
        if (all == NULL) {
            abort();
        }
    }
    request_queue *fresh = bench_allocate(sizeof *fresh);
    fresh->id = ((uint64_t)made << ID_STEP) ^ ID_TAG;
    fresh->serial = (uint32_t)++bench.counters.rqs_created;
    fresh->socket = socket;
    fresh->context = (uint64_t)(uintptr_t)context;
    for (int i = 0; i < 2; i++) {
        fresh->lanes[i].cq = lanes[i].cq;
        fresh->lanes[i].call.owner = fresh;
        fresh->lanes[i].call.direction = (enum direction)i;
    }
    all[made++] = fresh;
    open_now++;
    return fresh;
}

rio_rq WINAPI bench_create_request_queue(SOCKET socket, ULONG max_receives, ULONG max_receive_buffers, ULONG max_sends,
    ULONG max_send_buffers, rio_cq receive_queue, rio_cq send_queue, void *context)
{
    bench_lock();
    int32_t error = WSAEINVAL;
    rio_rq id = RIO_INVALID_REQUEST_QUEUE;
    half lanes[2] = { [SENDING] = { .cq = cq_find(send_queue) }, [RECEIVING] = { .cq = cq_find(receive_queue) } };
    completion_queue *sending = lanes[SENDING].cq, *receiving = lanes[RECEIVING].cq;
    if (sending == NULL || receiving == NULL) {
        breach(BREACH_CQ_UNKNOWN, "RIOCreateRequestQueue with %llx and %llx", (unsigned long long)receive_queue,
            (unsigned long long)send_queue);
    } else if (sending->closed || receiving->closed) {
        breach(BREACH_CQ_AFTER_CLOSE, "RIOCreateRequestQueue");
    } else if (max_receive_buffers != 1 || max_send_buffers != 1) {
        breach(BREACH_RQ_DATA_BUFFERS, "%lu and %lu: both must be 1", max_receive_buffers, max_send_buffers);
    } else {
        bool entered = cq_enter(sending, "RIOCreateRequestQueue", BREACH_CQ_CREATE_OVERLAP);
        bool entered_too = receiving != sending
            && cq_enter(receiving, "RIOCreateRequestQueue", BREACH_CQ_CREATE_OVERLAP);
        error = cq_usable(sending) && cq_usable(receiving)
            ? refuse_creation(socket, lanes, max_sends, max_receives) : WSAEINVAL;
        if (error == 0) {
            request_queue *fresh = add(socket, lanes, context);
            promise(fresh->lanes, max_sends, max_receives);
            check_drained(sending);
            if (receiving != sending) {
                check_drained(receiving);
            }
            socket_find(socket)->rq = fresh;
            id = fresh->id;
        }
        if (entered) {
            cq_leave(sending);
        }
        if (entered_too) {
            cq_leave(receiving);
        }
    }
    bench_unlock();
    WSASetLastError(error);
    return id;
}

static int32_t resize(request_queue *rq, DWORD max_receives, DWORD max_sends)
{
    if (rq->closed || (max_receives == 0 && max_sends == 0)) {
        return WSAEINVAL;
    }
    if (max_receives < rq->lanes[RECEIVING].outstanding || max_sends < rq->lanes[SENDING].outstanding) {
        return WSAETOOMANYREFS;
    }
    int32_t error = settings_fault(FAULT_RESIZE_RQ, rq->serial, bench.counters.rq_resizes + bench.counters.injected);
    if (error != 0) {
        bench.counters.injected++;
        return error;
    }
    if (!have_room(rq->lanes, max_sends, max_receives)) {
        breach(BREACH_CQ_OVER_COMMITTED, "RIOResizeRequestQueue of RQ %u to %lu sends and %lu receives", rq->serial,
            max_sends, max_receives);
        return WSAENOBUFS;
    }
    promise(rq->lanes, max_sends, max_receives);
    check_drained(rq->lanes[SENDING].cq);
    bench.counters.rq_resizes++;
    return 0;
}

BOOL WINAPI bench_resize_request_queue(rio_rq id, DWORD max_receives, DWORD max_sends)
{
    bench_lock();
    int32_t error = WSAEINVAL;
    request_queue *rq = rq_find(id, "RIOResizeRequestQueue");
    if (rq != NULL) {
        bool entered = rq_enter(rq, "RIOResizeRequestQueue");
        error = resize(rq, max_receives, max_sends);
        if (entered) {
            rq_leave(rq);
        }
    }
    bench_unlock();
    WSASetLastError(error);
    return error == 0;
}

static bool kernel_busy(const request_queue *rq)
{
    return rq->lanes[SENDING].call.busy || rq->lanes[RECEIVING].call.busy;
}

void rq_close(request_queue *rq)
{
    bool entered = rq_enter(rq, "closesocket");
    if (rq->closed) {
        return;
    }
    uint32_t deferred = rq->lanes[SENDING].deferred + rq->lanes[RECEIVING].deferred;
    if (deferred != 0) {
        breach(BREACH_NEVER_COMMITTED, "RQ %u has %u when its socket is closed", rq->serial, deferred);
    }
    rq->closed = true;
    for (int i = 0; i < 2; i++) {
        rq->lanes[i].cq->orphaned += rq->lanes[i].outstanding;
    }
    promise(rq->lanes, 0, 0);
    open_now--;
    bench.counters.rqs_closed++;
    // Everything outstanding still completes, once: with its own status where the kernel was quicker.
    transfer_close(rq);
    // The handle may not go while the kernel uses it: its value can be another socket's at once.
    while (kernel_busy(rq)) {
        if (!SleepConditionVariableSRW(&bench.call_ended, &bench.lock, CANCEL_WAIT, 0)) {
            breach(BREACH_BENCH_TROUBLE, "RQ %u: the kernel keeps a cancelled request", rq->serial);
            break;
        }
    }
    if (entered) {
        rq_leave(rq);
    }
}

void rqs_say_leaks(void)
{
    for (size_t i = 0; i < made; i++) {
        if (!all[i]->closed && !all[i]->said) {
            all[i]->said = true;
            breach(BREACH_RQ_LEAKED, "RQ %u", all[i]->serial);
        }
    }
}
