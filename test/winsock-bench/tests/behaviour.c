// What a correct caller meets: order, commits, ends of connections, closing.
#include "harness.h"

#include <stdlib.h>

static void receive_exactly(SOCKET from, char *bytes, int count)
{
    // Not with MSG_WAITALL, which Wine 8 does not always honour.
    for (int got = 0; got < count;) {
        int more = recv(from, bytes + got, count - got, 0);
        CHECK(more > 0);
        got += more;
    }
}

static void expect(const rio_result *result, int32_t status, uint32_t bytes, uint64_t context)
{
    CHECK_EQUAL(result->status, status);
    CHECK_EQUAL(result->bytes_transferred, bytes);
    CHECK_EQUAL(result->request_context, context);
    CHECK_EQUAL(result->socket_context, 0x1122334455667788);
}

static bool readable(SOCKET socket, int milliseconds)
{
    fd_set set;
    FD_ZERO(&set);
    FD_SET(socket, &set);
    struct timeval wait = { .tv_usec = milliseconds * 1000 };
    return select(0, &set, NULL, NULL, &wait) == 1;
}

TEST(a_result_tells_whose_it_is)
{
    world one = world_open(2, 2, 8);
    memcpy(one.memory, "hello", 5);
    CHECK(send_slice(&one, 0, 5, 0, 0xFFFFFFFFFFFFFFFE));
    rio_result result;
    take_results(one.cq, &result, 1);
    expect(&result, 0, 5, 0xFFFFFFFFFFFFFFFE);
    char bytes[5];
    receive_exactly(one.peer, bytes, 5);
    CHECK(memcmp(bytes, "hello", 5) == 0);
    CHECK(receive_slice(&one, 100, 50, 0, 7));
    CHECK_EQUAL(send(one.peer, "world!", 6, 0), 6);
    take_results(one.cq, &result, 1);
    expect(&result, 0, 6, 7);
    CHECK(memcmp(one.memory + 100, "world!", 6) == 0);
    world_close(&one);
}

TEST(several_receives_are_filled_in_order)
{
    world one = world_open(3, 1, 8);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK(receive_slice(&one, 10 * i, 4, 0, i));
    }
    CHECK_EQUAL(send(one.peer, "aaaabbbbcccc", 12, 0), 12);
    rio_result results[3];
    take_results(one.cq, results, 3);
    for (uint32_t i = 0; i < 3; i++) {
        expect(&results[i], 0, 4, i);
        CHECK_EQUAL(one.memory[10 * i], "abc"[i]);
    }
    world_close(&one);
}

TEST(many_sends_to_a_slow_reader_arrive_whole_and_in_order)
{
    enum { SENDS = 200, SIZE = 64000 };
    world one = world_open(1, SENDS, SENDS + 1);
    char *memory = VirtualAlloc(NULL, SENDS * SIZE, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE);
    rio_buffer_id buffer = rio.register_buffer(memory, SENDS * SIZE);
    for (uint32_t i = 0; i < SENDS; i++) {
        memset(memory + i * SIZE, (int)i, SIZE);
        rio_buffer data = { .buffer_id = buffer, .offset = i * SIZE, .length = SIZE };
        CHECK(rio.send(one.rq, &data, 1, i % 7 == 6 || i == SENDS - 1 ? 0 : RIO_FLAG_DEFER, (void *)(uintptr_t)i));
    }
    static char piece[SIZE];
    for (int i = 0; i < SENDS; i++) {
        Sleep(i < 10 ? 10 : 0);
        receive_exactly(one.peer, piece, SIZE);
        for (int at = 0; at < SIZE; at++) {
            CHECK(piece[at] == (char)i);
        }
    }
    static rio_result results[SENDS];
    take_results(one.cq, results, SENDS);
    for (uint32_t i = 0; i < SENDS; i++) {
        expect(&results[i], 0, SIZE, i);
    }
    rio.deregister_buffer(buffer);
    VirtualFree(memory, 0, MEM_RELEASE);
    world_close(&one);
}

TEST(deferred_sends_wait_for_a_commit)
{
    world one = world_open(2, 8, 16);
    memcpy(one.memory, "abcdef", 6);
    CHECK(send_slice(&one, 0, 2, RIO_FLAG_DEFER, 1));
    CHECK(send_slice(&one, 2, 2, RIO_FLAG_DEFER, 2));
    CHECK(receive_slice(&one, 100, 2, 0, 9)); // the other direction commits nothing
    CHECK(!readable(one.peer, 100));
    check_none(one.cq, 50);
    CHECK(rio.receive(one.rq, NULL, 0, RIO_FLAG_COMMIT_ONLY, NULL));
    CHECK(!readable(one.peer, 100));
    CHECK(rio.send(one.rq, NULL, 0, RIO_FLAG_COMMIT_ONLY, NULL));
    rio_result results[4];
    take_results(one.cq, results, 2);
    expect(&results[0], 0, 2, 1);
    expect(&results[1], 0, 2, 2);
    // A send that is not deferred takes those before it along.
    CHECK(send_slice(&one, 4, 1, RIO_FLAG_DEFER, 3));
    CHECK(send_slice(&one, 5, 1, 0, 4));
    take_results(one.cq, results, 2);
    expect(&results[0], 0, 1, 3);
    expect(&results[1], 0, 1, 4);
    char bytes[6];
    receive_exactly(one.peer, bytes, 6);
    CHECK(memcmp(bytes, "abcdef", 6) == 0);
    rio_bench_counters_t now = counters();
    CHECK_EQUAL(now.sends, 4);
    CHECK_EQUAL(now.sends_deferred, 3);
    CHECK_EQUAL(now.send_commits, 1);
    CHECK_EQUAL(now.send_transitions, 2);
    CHECK_EQUAL(now.receive_transitions, 2);
    world_close(&one);
}

TEST(deferred_receives_wait_for_a_commit)
{
    world one = world_open(4, 2, 16);
    CHECK(receive_slice(&one, 0, 10, RIO_FLAG_DEFER, 1));
    CHECK_EQUAL(send(one.peer, "abc", 3, 0), 3);
    check_none(one.cq, 100);
    CHECK(rio.receive(one.rq, NULL, 0, RIO_FLAG_COMMIT_ONLY, NULL));
    rio_result result;
    take_results(one.cq, &result, 1);
    expect(&result, 0, 3, 1);
    world_close(&one);
}

TEST(fin_is_a_success_of_no_bytes)
{
    world one = world_open(2, 2, 16);
    CHECK(receive_slice(&one, 0, 10, 0, 1));
    shutdown(one.peer, SD_SEND);
    rio_result result;
    take_results(one.cq, &result, 1);
    expect(&result, 0, 0, 1);
    // The other half lives on.
    CHECK(send_slice(&one, 100, 10, 0, 2));
    take_results(one.cq, &result, 1);
    expect(&result, 0, 10, 2);
    world_close(&one);
}

TEST(a_reset_by_the_peer_is_10054)
{
    world one = world_open(2, 2, 16);
    CHECK(receive_slice(&one, 0, 10, 0, 1));
    Sleep(50);
    struct linger hard = { .l_onoff = 1, .l_linger = 0 };
    CHECK_EQUAL(setsockopt(one.peer, SOL_SOCKET, SO_LINGER, (char *)&hard, sizeof hard), 0);
    closesocket(one.peer);
    one.peer = INVALID_SOCKET;
    rio_result result;
    take_results(one.cq, &result, 1);
    expect(&result, WSAECONNRESET, 0, 1);
    world_close(&one);
}

TEST(close_with_a_receive_pending_gives_one_completion)
{
    world one = world_open(2, 2, 16);
    CHECK(receive_slice(&one, 0, 10, 0, 1));
    Sleep(50);
    lib.close_socket(one.socket);
    one.socket = INVALID_SOCKET;
    rio_result result;
    take_results(one.cq, &result, 1);
    expect(&result, WSA_OPERATION_ABORTED, 0, 1);
    check_none(one.cq, 200);
    rio_bench_outstanding_t left;
    lib.outstanding(&left);
    CHECK_EQUAL(left.requests, 0);
    CHECK_EQUAL(left.request_queues, 0);
    world_close(&one);
}

TEST(close_completes_what_never_reached_the_kernel)
{
    world one = world_open(4, 100, 128);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK(receive_slice(&one, i * 10, 10, 0, 1));
    }
    lib.close_socket(one.socket);
    one.socket = INVALID_SOCKET;
    rio_result results[3];
    take_results(one.cq, results, 3);
    for (int i = 0; i < 3; i++) {
        CHECK_EQUAL(results[i].status, WSA_OPERATION_ABORTED);
    }
    check_none(one.cq, 50);
    world_close(&one);
}

// On Windows that is a reset. Wine 8 shuts every socket down before it closes it, so that a FIN comes first.
TEST(close_with_linger_zero_and_a_receive_pending_ends_the_peers_stream)
{
    world one = world_open(2, 2, 16);
    CHECK(receive_slice(&one, 0, 10, 0, 1));
    Sleep(50);
    struct linger hard = { .l_onoff = 1, .l_linger = 0 };
    CHECK_EQUAL(setsockopt(one.socket, SOL_SOCKET, SO_LINGER, (char *)&hard, sizeof hard), 0);
    lib.close_socket(one.socket);
    one.socket = INVALID_SOCKET;
    char byte;
    int got = recv(one.peer, &byte, 1, 0);
    CHECK(got == 0 || (got < 0 && WSAGetLastError() == WSAECONNRESET));
    rio_result result;
    take_results(one.cq, &result, 1);
    world_close(&one);
}

TEST(close_without_linger_ends_the_stream_in_peace)
{
    world one = world_open(2, 2, 16);
    CHECK(receive_slice(&one, 0, 10, 0, 1));
    CHECK(send_slice(&one, 100, 3, 0, 2));
    rio_result result;
    take_results(one.cq, &result, 1);
    lib.close_socket(one.socket);
    one.socket = INVALID_SOCKET;
    char bytes[10];
    receive_exactly(one.peer, bytes, 3);
    CHECK_EQUAL(recv(one.peer, bytes, 1, 0), 0);
    take_results(one.cq, &result, 1);
    world_close(&one);
}

TEST(waitall_waits_for_all)
{
    world one = world_open(2, 2, 16);
    CHECK(receive_slice(&one, 0, 6, RIO_FLAG_WAITALL, 1));
    CHECK_EQUAL(send(one.peer, "abc", 3, 0), 3);
    check_none(one.cq, 100);
    CHECK_EQUAL(send(one.peer, "defg", 4, 0), 4);
    rio_result result;
    take_results(one.cq, &result, 1);
    expect(&result, 0, 6, 1);
    CHECK(memcmp(one.memory, "abcdef", 6) == 0);
    world_close(&one);
}

TEST(the_ex_functions_do_the_same_without_addresses)
{
    world one = world_open(2, 2, 16);
    rio_buffer data = slice(&one, 0, 10), other = slice(&one, 100, 10);
    CHECK(rio.receive_ex(one.rq, &other, 1, NULL, NULL, NULL, NULL, 0, (void *)1));
    CHECK_REFUSED(rio.send_ex(one.rq, &data, 1, NULL, &other, NULL, NULL, 0, (void *)2), WSAEINVAL);
    CHECK_REFUSED(rio.receive_ex(one.rq, &data, 1, NULL, NULL, &other, NULL, 0, (void *)2), WSAEINVAL);
    CHECK(rio.send_ex(one.rq, &data, 1, NULL, NULL, NULL, NULL, RIO_FLAG_DEFER, (void *)2));
    CHECK(rio.send_ex(one.rq, NULL, 0, NULL, NULL, NULL, NULL, RIO_FLAG_COMMIT_ONLY, NULL));
    rio_result result;
    take_results(one.cq, &result, 1);
    expect(&result, 0, 10, 2);
    world_close(&one);
}

TEST(two_queues_one_for_each_direction)
{
    rio_cq receiving = rio.create_completion_queue(1, NULL), sending = rio.create_completion_queue(2, NULL);
    SOCKET made, peer;
    connect_pair(AF_INET6, &made, &peer);
    static char memory[64];
    rio_buffer_id buffer = rio.register_buffer(memory, sizeof memory);
    rio_rq rq = rio.create_request_queue(made, 1, 1, 2, 1, receiving, sending, NULL);
    CHECK(rq != RIO_INVALID_REQUEST_QUEUE);
    rio_buffer in = { buffer, 0, 8 }, out = { buffer, 8, 8 };
    CHECK(rio.receive(rq, &in, 1, 0, (void *)1));
    CHECK(rio.send(rq, &out, 1, 0, (void *)2));
    CHECK_EQUAL(send(peer, "x", 1, 0), 1);
    rio_result result;
    take_results(sending, &result, 1);
    CHECK_EQUAL(result.request_context, 2);
    take_results(receiving, &result, 1);
    CHECK_EQUAL(result.request_context, 1);
    lib.close_socket(made);
    closesocket(peer);
    rio.close_completion_queue(receiving);
    rio.close_completion_queue(sending);
    rio.deregister_buffer(buffer);
}

static DWORD WINAPI end_soon(void *parameter)
{
    world *one = parameter;
    CHECK(receive_slice(one, 0, 10, 0, 1));
    return 0;
}

TEST(a_request_outlives_the_thread_that_made_it)
{
    world one = world_open(2, 2, 16);
    HANDLE thread = CreateThread(NULL, 0, end_soon, &one, 0, NULL);
    CHECK_EQUAL(WaitForSingleObject(thread, 5000), WAIT_OBJECT_0);
    check_none(one.cq, 100);
    CHECK_EQUAL(send(one.peer, "abc", 3, 0), 3);
    rio_result result;
    take_results(one.cq, &result, 1);
    expect(&result, 0, 3, 1);
    world_close(&one);
}

TEST(empty_dequeues_are_counted)
{
    world one = world_open(2, 2, 16);
    lib.reset();
    rio_result result;
    CHECK_EQUAL(rio.dequeue_completion(one.cq, &result, 1), 0);
    CHECK_EQUAL(rio.dequeue_completion(one.cq, &result, 1), 0);
    CHECK(send_slice(&one, 0, 1, 0, 1));
    Sleep(100);
    CHECK_EQUAL(rio.dequeue_completion(one.cq, &result, 1), 1);
    rio_bench_counters_t now = counters();
    CHECK_EQUAL(now.dequeues, 3);
    CHECK_EQUAL(now.empty_dequeues, 2);
    CHECK_EQUAL(now.completions, 1);
    // An older caller gets the part it knows.
    rio_bench_counters_t part = { .size = 16, .sends_deferred = 99 };
    CHECK_EQUAL(lib.counters(&part), 1);
    CHECK_EQUAL(part.sends, 1);
    CHECK_EQUAL(part.sends_deferred, 99);
    world_close(&one);
}
