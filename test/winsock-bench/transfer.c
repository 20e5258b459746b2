// Between the queues and the real Winsock: ordinary overlapped calls, one at a time for each direction of a queue.
#include "bench.h"

static request_list late; // by due time

static void deliver_later(request *done, uint64_t due)
{
    done->due = due;
    request **place = &late.head;
    request *before = NULL;
    while (*place != NULL && (*place)->due <= due) {
        before = *place;
        place = &before->next;
    }
    done->next = *place;
    *place = done;
    if (done->next == NULL) {
        late.tail = done;
    }
    if (GetCurrentThreadId() != bench.worker) {
        PostQueuedCompletionStatus(bench.port, 0, 0, NULL);
    }
}

static void finish(request *done, int32_t status)
{
    request_queue *rq = done->owner;
    half *lane = &rq->lanes[done->direction];
    done->status = status;
    if (status != 0) {
        done->transferred = 0;
    }
    uint64_t drawn = settings_draw(FAULT_LATE, rq->serial, ++lane->completed * 2 + done->direction);
    bool hit = settings_fault(FAULT_LATE, rq->serial, lane->completed * 2 + done->direction) != 0;
    bench.counters.injected += hit;
    // Late ones overtake nothing of their own queue and direction; between sockets anything may come first.
    if ((!hit && lane->late == 0) || !cq_usable(lane->cq)) {
        cq_deliver(done);
        return;
    }
    uint64_t due = GetTickCount64() + (hit && bench_settings.late_ms != 0 ? 1 + (drawn >> 20) % bench_settings.late_ms : 0);
    lane->late_until = due > lane->late_until ? due : lane->late_until;
    lane->late++;
    deliver_later(done, lane->late_until);
}

DWORD transfer_deliver_late(void)
{
    uint64_t now = GetTickCount64();
    while (late.head != NULL && late.head->due <= now) {
        request *done = list_take(&late);
        done->owner->lanes[done->direction].late--;
        cq_deliver(done);
    }
    return late.head == NULL ? INFINITE : (DWORD)(late.head->due - now);
}

void transfer_flush_late(const completion_queue *cq)
{
    request_list kept = { 0 };
    for (request *done = list_take(&late); done != NULL; done = list_take(&late)) {
        half *lane = &done->owner->lanes[done->direction];
        if (lane->cq == cq) {
            lane->late--;
            cq_deliver(done);
        } else {
            list_append(&kept, done);
        }
    }
    late = kept;
}

static WSABUF rest_of(const request *each)
{
    return (WSABUF) {
        .len = each->length - each->transferred,
        .buf = each->buffer->memory + each->offset + each->transferred,
    };
}

// 0, or why the kernel would not have it.
static int32_t start(request_queue *rq, enum direction direction)
{
    half *lane = &rq->lanes[direction];
    kernel_call *call = &lane->call;
    memset(&call->overlapped, 0, sizeof call->overlapped);
    WSABUF buffers[GATHERED];
    DWORD flags = 0;
    int result;
    call->gathered = 0;
    if (direction == SENDING) {
        for (const request *each = lane->requests.head;
            each != NULL && each->committed && each->doom == 0 && call->gathered < GATHERED; each = each->next) {
            buffers[call->gathered++] = rest_of(each);
        }
        bench.counters.kernel_sends++;
        result = WSASend(rq->socket, buffers, (DWORD)call->gathered, NULL, 0, &call->overlapped, NULL);
    } else {
        buffers[0] = rest_of(lane->requests.head);
        // A stream has no borders: any receive may get less than there is.
        if (settings_fault(FAULT_SHORT, rq->serial, lane->completed) != 0) {
            bench.counters.injected++;
            uint64_t drawn = settings_draw(FAULT_SHORT, rq->serial, lane->completed);
            buffers[0].len = 1 + (ULONG)((drawn >> 32) % (buffers[0].len < 64 ? buffers[0].len : 64));
        }
        call->gathered = 1;
        bench.counters.kernel_receives++;
        result = WSARecv(rq->socket, buffers, 1, NULL, &flags, &call->overlapped, NULL);
    }
    int32_t error = result == 0 ? 0 : WSAGetLastError();
    call->busy = error == 0 || error == WSA_IO_PENDING;
    return call->busy ? 0 : error;
}

// The connection is gone for both directions, with this status for all that is committed to it.
static void break_down(request_queue *rq, int32_t status)
{
    rq->broken = status;
    for (int i = 0; i < 2; i++) {
        if (rq->lanes[i].call.busy) {
            CancelIoEx((HANDLE)rq->socket, &rq->lanes[i].call.overlapped);
        } else {
            transfer_pump(rq, (enum direction)i);
        }
    }
}

void transfer_close(request_queue *rq)
{
    for (int i = 0; i < 2; i++) {
        for (request *each = rq->lanes[i].requests.head; each != NULL; each = each->next) {
            each->committed = true;
        }
        rq->lanes[i].deferred = 0;
    }
    break_down(rq, rq->broken != 0 ? rq->broken : WSA_OPERATION_ABORTED);
}

void transfer_pump(request_queue *rq, enum direction direction)
{
    half *lane = &rq->lanes[direction];
    while (!lane->call.busy && lane->requests.head != NULL && lane->requests.head->committed) {
        if (rq->broken != 0) {
            finish(list_take(&lane->requests), rq->broken);
        } else if (lane->requests.head->doom != 0) {
            break_down(rq, lane->requests.head->doom);
        } else {
            int32_t error = start(rq, direction);
            if (error != 0) {
                finish(list_take(&lane->requests), error);
            }
        }
    }
}

static int32_t status_of(kernel_call *call, DWORD error)
{
    request_queue *rq = call->owner;
    if (error == 0) {
        return 0;
    }
    if (rq->broken != 0) {
        return rq->broken;
    }
    // The port speaks of NTSTATUS turned into Win32; the socket knows the Winsock code.
    DWORD bytes, flags;
    if (!WSAGetOverlappedResult(rq->socket, &call->overlapped, &bytes, FALSE, &flags)) {
        int winsock = WSAGetLastError();
        if (winsock != 0 && winsock != WSA_IO_INCOMPLETE) {
            return winsock;
        }
    }
    return (int32_t)error;
}

static void sent(half *lane, int gathered, DWORD bytes, int32_t status)
{
    bench.counters.bytes_sent += bytes;
    for (int i = 0; i < gathered; i++) {
        request *each = lane->requests.head;
        uint32_t left = each->length - each->transferred;
        uint32_t took = left < bytes ? left : bytes;
        each->transferred += took;
        bytes -= took;
        if (each->transferred == each->length) {
            finish(list_take(&lane->requests), 0);
        } else if (status != 0) {
            finish(list_take(&lane->requests), status);
        } else {
            return; // a part of it went out: the next call carries on
        }
    }
}

static void received(half *lane, DWORD bytes, int32_t status)
{
    bench.counters.bytes_received += bytes;
    request *each = lane->requests.head;
    each->transferred += bytes;
    bool more = status == 0 && bytes != 0 && (each->flags & RIO_FLAG_WAITALL) != 0 && each->transferred < each->length;
    if (!more) {
        finish(list_take(&lane->requests), status);
    }
}

// Wine forgets a reset that no receive was waiting for, and gives the next one 0 bytes, as a FIN would; the socket is in
// error all the same.
static bool was_reset(SOCKET socket)
{
    WSAPOLLFD poll = { .fd = socket, .events = POLLOUT };
    return WSAPoll(&poll, 1, 0) > 0 && (poll.revents & POLLERR) != 0;
}

void transfer_ended(kernel_call *call, DWORD bytes, DWORD error)
{
    request_queue *rq = call->owner;
    half *lane = &rq->lanes[call->direction];
    int32_t status = status_of(call, error);
    if (status == 0 && bytes == 0 && call->direction == RECEIVING && was_reset(rq->socket)) {
        status = WSAECONNRESET;
    }
    call->busy = false;
    if (call->direction == SENDING) {
        sent(lane, call->gathered, bytes, status);
    } else {
        received(lane, bytes, status);
    }
    transfer_pump(rq, call->direction);
    WakeAllConditionVariable(&bench.call_ended);
}
