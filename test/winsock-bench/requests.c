// What RIOSend and RIOReceive accept, and what they refuse.
#include "bench.h"

#include <stdlib.h>
#include <string.h>

static const char *name_of(enum direction direction)
{
    return direction == SENDING ? "RIOSend" : "RIOReceive";
}

// FNV-1a over words: not for cryptographers, only for "somebody wrote here".
static uint64_t checksum(const char *bytes, size_t length)
{
    uint64_t hash = 0xCBF29CE484222325u;
    for (; length >= sizeof(uint64_t); bytes += sizeof(uint64_t), length -= sizeof(uint64_t)) {
        uint64_t word;
        memcpy(&word, bytes, sizeof word);
        hash = (hash ^ word) * 0x100000001B3u;
        hash ^= hash >> 29;
    }
    for (; length != 0; bytes++, length--) {
        hash = (hash ^ (unsigned char)*bytes) * 0x100000001B3u;
    }
    return hash;
}

void request_check_bytes(const request *done)
{
    // After a deregistration in use, which was told already, the memory may be gone.
    if (done->direction != SENDING || done->checksum == 0 || !done->buffer->open) {
        return;
    }
    if (checksum(done->buffer->memory + done->offset, done->length) != done->checksum) {
        breach(BREACH_SEND_CHANGED, "the bytes of a RIOSend of %u+%u in buffer %llx changed before its completion was "
            "dequeued", done->offset, done->length, (unsigned long long)done->buffer->id);
    }
}

void request_end(request *done)
{
    request_queue *rq = done->owner;
    half *lane = &rq->lanes[done->direction];
    registration_release(done);
    lane->outstanding--;
    lane->cq->outstanding--;
    lane->cq->orphaned -= rq->closed;
    bench.requests--;
    free(done);
}

static void count_transition(enum direction direction)
{
    if (direction == SENDING) {
        bench.counters.send_transitions++;
    } else {
        bench.counters.receive_transitions++;
    }
}

static void start_deferred(request_queue *rq, enum direction direction)
{
    half *lane = &rq->lanes[direction];
    for (request *each = lane->requests.head; each != NULL && lane->deferred != 0; each = each->next) {
        lane->deferred -= !each->committed;
        each->committed = true;
    }
    transfer_pump(rq, direction);
}

static void commit(request_queue *rq, enum direction direction)
{
    count_transition(direction);
    start_deferred(rq, direction);
}

// RIO_MSG_COMMIT_ONLY needs no turn: it may be called beside another call on the same queue.
static int32_t commit_only(request_queue *rq, enum direction direction, const rio_buffer *data, ULONG count,
    DWORD flags, const void *context)
{
    if (flags != RIO_FLAG_COMMIT_ONLY || data != NULL || count != 0 || context != NULL) {
        breach(BREACH_COMMIT_ARGUMENTS, "%s: RIO_MSG_COMMIT_ONLY stands alone, without buffer, count or context",
            name_of(direction));
        return WSAEINVAL;
    }
    if (direction == SENDING) {
        bench.counters.send_commits++;
    } else {
        bench.counters.receive_commits++;
    }
    commit(rq, direction);
    return 0;
}

static int32_t check_arguments(const request_queue *rq, enum direction direction, const rio_buffer *data, ULONG count,
    DWORD flags)
{
    const char *call = name_of(direction);
    DWORD known = RIO_FLAG_DONT_NOTIFY | RIO_FLAG_DEFER | (direction == RECEIVING ? RIO_FLAG_WAITALL : 0);
    if ((flags & ~known) != 0) {
        breach(BREACH_BAD_FLAGS, "%s with flags %lx", call, flags);
        return WSAEINVAL;
    }
    // Without a buffer only on a UDP socket, and a bench for TCP has none.
    if (data == NULL || count != 1) {
        breach(BREACH_BAD_BUFFER_COUNT, "%s with %lu buffers", call, count);
        return WSAEINVAL;
    }
    // "The integrity of the completion queue has been compromised" is WSAEINVAL.
    return cq_usable(rq->lanes[direction].cq) ? 0 : WSAEINVAL;
}

static int32_t check_limits(const request_queue *rq, enum direction direction)
{
    const half *lane = &rq->lanes[direction];
    if (lane->outstanding >= lane->limit) {
        breach(BREACH_RQ_OVER_LIMIT, "%s on RQ %u, which has %u of %u outstanding", name_of(direction), rq->serial,
            lane->outstanding, lane->limit);
        return WSAENOBUFS;
    }
    return 0;
}

static void take(request_queue *rq, enum direction direction, registration *buffer, const rio_buffer *data,
    DWORD flags, const void *context)
{
    half *lane = &rq->lanes[direction];
    request *fresh = bench_allocate(sizeof *fresh);
    fresh->owner = rq;
    fresh->direction = direction;
    fresh->offset = data->offset;
    fresh->length = data->length;
    fresh->flags = flags;
    fresh->context = (uint64_t)(uintptr_t)context;
    if (direction == SENDING && bench_settings.checksum) {
        fresh->checksum = checksum(buffer->memory + data->offset, data->length);
    }
    fresh->doom = settings_fault(FAULT_ABORTED, rq->serial, lane->ordinal * 2 + direction);
    if (fresh->doom == 0) {
        fresh->doom = settings_fault(FAULT_RESET, rq->serial, lane->ordinal * 2 + direction);
    }
    bench.counters.injected += fresh->doom != 0;
    registration_use(buffer, fresh);
    list_append(&lane->requests, fresh);
    lane->outstanding++;
    lane->cq->outstanding++;
    bench.requests++;
    bool deferred = (flags & RIO_FLAG_DEFER) != 0;
    if (direction == SENDING) {
        bench.counters.sends++;
        bench.counters.sends_deferred += deferred;
    } else {
        bench.counters.receives++;
        bench.counters.receives_deferred += deferred;
    }
    // A deferred one may or may not be started before its commit. Here it never is, so that a forgotten commit shows;
    // unless the settings ask for the other half of that sentence.
    lane->deferred++;
    if (!deferred) {
        commit(rq, direction);
    } else if (settings_fault(FAULT_EAGER, rq->serial, lane->ordinal * 2 + direction) != 0) {
        bench.counters.injected++;
        start_deferred(rq, direction);
    }
}

static int32_t post_alone(request_queue *rq, enum direction direction, const rio_buffer *data, ULONG count,
    DWORD flags, const void *context)
{
    half *lane = &rq->lanes[direction];
    const completion_queue *cq = lane->cq;
    if (bench_settings.owner && cq->poller != 0 && cq->poller != GetCurrentThreadId()) {
        breach(BREACH_RQ_NOT_BY_POLLER, "%s on thread %lu, CQ %u was last dequeued by thread %lu", name_of(direction),
            GetCurrentThreadId(), cq->serial, cq->poller);
    }
    registration *buffer = NULL;
    int32_t error = check_arguments(rq, direction, data, count, flags);
    if (error == 0) {
        error = registration_check_use(direction, data, &buffer);
    }
    if (error == 0) {
        error = check_limits(rq, direction);
    }
    lane->ordinal++;
    if (error == 0) {
        error = settings_fault(direction == SENDING ? FAULT_SEND : FAULT_RECEIVE, rq->serial, lane->ordinal);
        bench.counters.injected += error != 0;
    }
    if (error == 0) {
        take(rq, direction, buffer, data, flags, context);
    }
    return error;
}

static BOOL post(enum direction direction, rio_rq id, const rio_buffer *data, ULONG count, DWORD flags,
    const void *context)
{
    bench_lock();
    int32_t error = WSAEINVAL;
    request_queue *rq = rq_find(id, name_of(direction));
    if (rq != NULL && (flags & RIO_FLAG_COMMIT_ONLY) != 0) {
        error = commit_only(rq, direction, data, count, flags, context);
    } else if (rq != NULL) {
        bool entered = rq_enter(rq, name_of(direction));
        if (!rq->closed) {
            error = post_alone(rq, direction, data, count, flags, context);
        }
        if (entered) {
            rq_leave(rq);
        }
    }
    bench.counters.refused += error != 0;
    bench_unlock();
    WSASetLastError(error);
    return error == 0;
}

BOOL WINAPI bench_send(rio_rq queue, const rio_buffer *data, ULONG count, DWORD flags, void *context)
{
    return post(SENDING, queue, data, count, flags, context);
}

BOOL WINAPI bench_receive(rio_rq queue, const rio_buffer *data, ULONG count, DWORD flags, void *context)
{
    return post(RECEIVING, queue, data, count, flags, context);
}

// Addresses and control data are for datagrams; pLocalAddress of RIOSendEx is reserved altogether.
static bool plain(const rio_buffer *local, const rio_buffer *remote, const rio_buffer *control,
    const rio_buffer *flags_out)
{
    return local == NULL && remote == NULL && control == NULL && flags_out == NULL;
}

BOOL WINAPI bench_send_ex(rio_rq queue, const rio_buffer *data, ULONG count, const rio_buffer *local,
    const rio_buffer *remote, const rio_buffer *control, const rio_buffer *flags_out, DWORD flags, void *context)
{
    if (!plain(local, remote, control, flags_out)) {
        WSASetLastError(WSAEINVAL);
        return FALSE;
    }
    return post(SENDING, queue, data, count, flags, context);
}

int WINAPI bench_receive_ex(rio_rq queue, const rio_buffer *data, ULONG count, const rio_buffer *local,
    const rio_buffer *remote, const rio_buffer *control, const rio_buffer *flags_out, DWORD flags, void *context)
{
    if (!plain(local, remote, control, flags_out)) {
        WSASetLastError(WSAEINVAL);
        return FALSE;
    }
    return post(RECEIVING, queue, data, count, flags, context);
}
