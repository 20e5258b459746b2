// One test for each rule of request and completion queues: the breach is committed, and caught by its name.
#include "harness.h"

typedef struct caller {
    world *one;
    void (*call)(world *one);
} caller;

static DWORD WINAPI run_caller(void *parameter)
{
    caller *it = parameter;
    it->call(it->one);
    return 0;
}

// Runs both at once: with "stay" the first is still in its queue when the second comes.
static void run_beside(world *one, void (*first)(world *), void (*second)(world *))
{
    CHECK(lib.configure("stay=300000"));
    caller it = { one, first };
    HANDLE thread = CreateThread(NULL, 0, run_caller, &it, 0, NULL);
    Sleep(100);
    second(one);
    CHECK_EQUAL(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
    CloseHandle(thread);
    CHECK(lib.configure(""));
}

static void run_elsewhere(world *one, void (*call)(world *))
{
    caller it = { one, call };
    HANDLE thread = CreateThread(NULL, 0, run_caller, &it, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(thread, 10000), WAIT_OBJECT_0);
    CloseHandle(thread);
}

static void send_here(world *one)
{
    CHECK(send_slice(one, 0, 100, 0, 1));
}

static void defer_here(world *one)
{
    CHECK(send_slice(one, 200, 100, RIO_FLAG_DEFER, 1));
}

// The socket goes while this call is in its queue.
static void defer_too_late(world *one)
{
    rio_buffer data = slice(one, 200, 100);
    CHECK_REFUSED(rio.send(one->rq, &data, 1, RIO_FLAG_DEFER, NULL), WSAEINVAL);
}

static void commit_here(world *one)
{
    CHECK(rio.send(one->rq, NULL, 0, RIO_FLAG_COMMIT_ONLY, NULL));
}

static void receive_here(world *one)
{
    CHECK(receive_slice(one, 4096, 100, 0, 2));
}

static void dequeue_here(world *one)
{
    rio_result result;
    CHECK_EQUAL(rio.dequeue_completion(one->cq, &result, 1), 0);
}

static void resize_here(world *one)
{
    CHECK(rio.resize_completion_queue(one->cq, 32));
}

static void create_here(world *one)
{
    SOCKET made, peer;
    connect_pair(AF_INET, &made, &peer);
    CHECK(rio.create_request_queue(made, 1, 1, 1, 1, one->cq, one->cq, NULL) != RIO_INVALID_REQUEST_QUEUE);
    lib.close_socket(made);
    closesocket(peer);
}

static void close_here(world *one)
{
    close_sockets(one);
}

TEST(rq_two_threads)
{
    world one = world_open(2, 2, 16);
    run_beside(&one, send_here, receive_here);
    check_caught("rq-two-threads", 1);
    world_close(&one);
}

TEST(rq_closed_while_another_thread_is_in_it)
{
    world one = world_open(2, 2, 16);
    run_beside(&one, defer_too_late, close_here);
    check_caught("rq-two-threads", 1);
    world_close(&one);
}

TEST(rq_threads_that_take_turns_are_fine)
{
    world one = world_open(2, 2, 16);
    run_elsewhere(&one, send_here);
    receive_here(&one);
    run_elsewhere(&one, defer_here);
    commit_here(&one);
    world_close(&one);
}

TEST(rq_commit_beside_another_call_is_fine)
{
    world one = world_open(2, 2, 16);
    defer_here(&one);
    run_beside(&one, receive_here, commit_here);
    world_close(&one);
}

TEST(cq_two_threads_dequeue)
{
    world one = world_open(2, 2, 16);
    run_beside(&one, dequeue_here, dequeue_here);
    check_caught("cq-two-threads", 1);
    world_close(&one);
}

TEST(cq_two_threads_dequeue_and_resize)
{
    world one = world_open(2, 2, 16);
    run_beside(&one, dequeue_here, resize_here);
    check_caught("cq-two-threads", 1);
    world_close(&one);
}

TEST(cq_create_overlap)
{
    world one = world_open(2, 2, 16);
    run_beside(&one, dequeue_here, create_here);
    check_caught("cq-create-overlap", 1);
    world_close(&one);
}

TEST(rq_not_by_poller)
{
    world one = world_open(2, 2, 16);
    CHECK(lib.configure("owner=1"));
    run_elsewhere(&one, send_here);
    check_clean(); // nobody dequeued yet
    rio_result result;
    take_results(one.cq, &result, 1);
    send_here(&one);
    check_clean();
    run_elsewhere(&one, receive_here);
    check_caught("rq-not-by-poller", 1);
    world_close(&one);
}

TEST(rq_over_limit)
{
    world one = world_open(1, 1, 16);
    receive_here(&one);
    rio_buffer data = slice(&one, 8192, 100);
    CHECK_REFUSED(rio.receive(one.rq, &data, 1, 0, NULL), WSAENOBUFS);
    check_caught("rq-over-limit", 1);
    world_close(&one);
}

TEST(rq_over_limit_until_the_completion_is_dequeued)
{
    world one = world_open(1, 1, 16);
    send_here(&one);
    char piece[100];
    CHECK_EQUAL(recv(one.peer, piece, sizeof piece, 0), 100);
    Sleep(50);
    rio_buffer data = slice(&one, 8192, 100);
    CHECK_REFUSED(rio.send(one.rq, &data, 1, 0, NULL), WSAENOBUFS);
    check_caught("rq-over-limit", 1);
    rio_result result;
    take_results(one.cq, &result, 1);
    CHECK(rio.send(one.rq, &data, 1, 0, NULL));
    CHECK_EQUAL(lib.breaches(), 1);
    world_close(&one);
}

TEST(rq_over_limit_by_deferred_requests)
{
    world one = world_open(1, 2, 16);
    CHECK(send_slice(&one, 0, 10, RIO_FLAG_DEFER, 1));
    CHECK(send_slice(&one, 10, 10, RIO_FLAG_DEFER, 2));
    rio_buffer data = slice(&one, 20, 10);
    CHECK_REFUSED(rio.send(one.rq, &data, 1, RIO_FLAG_DEFER, NULL), WSAENOBUFS);
    check_caught("rq-over-limit", 1);
    commit_here(&one);
    world_close(&one);
}

TEST(cq_over_committed)
{
    world one = world_open(2, 2, 5);
    SOCKET made, peer;
    connect_pair(AF_INET, &made, &peer);
    CHECK_REFUSED(rio.create_request_queue(made, 1, 1, 1, 1, one.cq, one.cq, NULL) != RIO_INVALID_REQUEST_QUEUE,
        WSAENOBUFS);
    check_caught("cq-over-committed", 1);
    CHECK(rio.resize_completion_queue(one.cq, 6));
    CHECK(rio.create_request_queue(made, 1, 1, 1, 1, one.cq, one.cq, NULL) != RIO_INVALID_REQUEST_QUEUE);
    lib.close_socket(made);
    closesocket(peer);
    world_close(&one);
}

TEST(cq_over_committed_by_a_resized_rq)
{
    world one = world_open(1, 1, 3);
    CHECK(rio.resize_request_queue(one.rq, 1, 2));
    check_clean();
    CHECK_REFUSED(rio.resize_request_queue(one.rq, 2, 2), WSAENOBUFS);
    check_caught("cq-over-committed", 1);
    world_close(&one);
}

TEST(cq_share_not_drained)
{
    world one = world_open(1, 1, 2);
    receive_here(&one);
    lib.close_socket(one.socket);
    closesocket(one.peer);
    connect_pair(AF_INET, &one.socket, &one.peer);
    one.rq = rio.create_request_queue(one.socket, 1, 1, 1, 1, one.cq, one.cq, NULL);
    CHECK(one.rq != RIO_INVALID_REQUEST_QUEUE);
    check_caught("cq-share-not-drained", 1);
    world_close(&one);
}

TEST(cq_share_comes_back_with_the_last_completion)
{
    world one = world_open(1, 1, 2);
    for (int i = 0; i < 5; i++) {
        receive_here(&one);
        close_sockets(&one);
        rio_result result;
        take_results(one.cq, &result, 1);
        connect_pair(AF_INET, &one.socket, &one.peer);
        one.rq = rio.create_request_queue(one.socket, 1, 1, 1, 1, one.cq, one.cq, NULL);
        CHECK(one.rq != RIO_INVALID_REQUEST_QUEUE);
    }
    world_close(&one);
}

TEST(deferred_never_committed)
{
    world one = world_open(2, 2, 16);
    defer_here(&one);
    lib.close_socket(one.socket);
    one.socket = INVALID_SOCKET;
    check_caught("deferred-never-committed", 1);
    rio_result result;
    take_results(one.cq, &result, 1);
    CHECK_EQUAL(result.status, WSA_OPERATION_ABORTED);
    world_close(&one);
}

TEST(cq_closed_in_use)
{
    world one = world_open(2, 2, 16);
    receive_here(&one);
    rio.close_completion_queue(one.cq);
    check_caught("cq-closed-in-use", 1);
    rio_buffer data = slice(&one, 0, 10);
    CHECK_REFUSED(rio.send(one.rq, &data, 1, 0, NULL), WSAEINVAL);
    close_sockets(&one);
    rio_bench_outstanding_t left;
    lib.outstanding(&left);
    CHECK_EQUAL(left.requests, 0);
    rio.deregister_buffer(one.buffer);
}

TEST(cq_used_after_close)
{
    world one = world_open(2, 2, 16);
    rio_cq extra = rio.create_completion_queue(1, NULL);
    rio.close_completion_queue(extra);
    rio_result result;
    CHECK_EQUAL(rio.dequeue_completion(extra, &result, 1), RIO_CORRUPT_COMPLETION_QUEUE);
    CHECK_EQUAL(rio.notify(extra), WSAEINVAL);
    CHECK_REFUSED(rio.resize_completion_queue(extra, 2), WSAEINVAL);
    rio.close_completion_queue(extra);
    SOCKET made = rio_socket(AF_INET);
    CHECK_REFUSED(rio.create_request_queue(made, 1, 1, 1, 1, extra, one.cq, NULL) != 0, WSAEINVAL);
    lib.close_socket(made);
    check_caught("cq-used-after-close", 5);
    world_close(&one);
}

TEST(cq_unknown)
{
    rio_result result;
    rio.close_completion_queue(RIO_INVALID_COMPLETION_QUEUE); // ignored, as documented
    check_clean();
    CHECK_EQUAL(rio.dequeue_completion(0x1234, &result, 1), RIO_CORRUPT_COMPLETION_QUEUE);
    CHECK_EQUAL(rio.notify(RIO_INVALID_COMPLETION_QUEUE), WSAEINVAL);
    SOCKET made = rio_socket(AF_INET);
    CHECK_REFUSED(rio.create_request_queue(made, 1, 1, 1, 1, RIO_INVALID_COMPLETION_QUEUE, 0x1234, NULL) != 0, WSAEINVAL);
    lib.close_socket(made);
    check_caught("cq-unknown", 3);
}

TEST(cq_handle_cut_to_32_bits_is_unknown)
{
    world one = world_open(2, 2, 16);
    rio_result result;
    CHECK_EQUAL(rio.dequeue_completion((uint32_t)one.cq, &result, 1), RIO_CORRUPT_COMPLETION_QUEUE);
    check_caught("cq-unknown", 1);
    world_close(&one);
}

TEST(rq_unknown)
{
    world one = world_open(2, 2, 16);
    rio_buffer data = slice(&one, 0, 10);
    CHECK_REFUSED(rio.send(one.cq, &data, 1, 0, NULL), WSAEINVAL);
    check_caught("rq-unknown", 1);
    world_close(&one);
}

TEST(rq_used_after_close)
{
    world one = world_open(2, 2, 16);
    close_sockets(&one);
    rio_buffer data = slice(&one, 0, 10);
    CHECK_REFUSED(rio.send(one.rq, &data, 1, 0, NULL), WSAEINVAL);
    CHECK_REFUSED(rio.resize_request_queue(one.rq, 1, 1), WSAEINVAL);
    check_caught("rq-used-after-close", 2);
    world_close(&one);
}
