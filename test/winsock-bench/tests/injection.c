// What the settings inject, and that a seed gives the same run again.
#include "harness.h"

#include <stdlib.h>

TEST(every_call_that_may_lack_memory_can)
{
    world one = world_open(2, 2, 16);
    SOCKET made, peer;
    connect_pair(AF_INET, &made, &peer);
    rio_buffer data = slice(&one, 0, 10);
    CHECK(lib.configure("nobufs=1000"));
    CHECK_REFUSED(rio.create_completion_queue(1, NULL) != 0, WSAENOBUFS);
    CHECK_REFUSED(rio.create_request_queue(made, 1, 1, 1, 1, one.cq, one.cq, NULL) != 0, WSAENOBUFS);
    CHECK_REFUSED(rio.resize_completion_queue(one.cq, 32), WSAENOBUFS);
    CHECK_REFUSED(rio.resize_request_queue(one.rq, 3, 3), WSAENOBUFS);
    CHECK_REFUSED(rio.send(one.rq, &data, 1, 0, NULL), WSAENOBUFS);
    CHECK_REFUSED(rio.receive(one.rq, &data, 1, 0, NULL), WSAENOBUFS);
    CHECK_EQUAL(counters().injected, 6);
    CHECK_EQUAL(counters().refused, 2);
    CHECK(lib.configure(""));
    CHECK(rio.send(one.rq, &data, 1, 0, NULL));
    lib.close_socket(made);
    closesocket(peer);
    world_close(&one);
}

TEST(a_registration_can_fail)
{
    char memory[64];
    CHECK(lib.configure("register_at=2"));
    rio_buffer_id id = rio.register_buffer(memory, 1);
    CHECK(id != RIO_INVALID_BUFFER_ID);
    CHECK_REFUSED(rio.register_buffer(memory, 1) != RIO_INVALID_BUFFER_ID, WSAEFAULT);
    rio.deregister_buffer(id);
}

static void check_codes(const char *settings, bool sending, const int *codes, int count)
{
    world one = world_open(2, 2, 16);
    CHECK(lib.configure(settings));
    rio_buffer data = slice(&one, 0, 10);
    bool seen[4] = { false };
    for (int i = 0; i < 200; i++) {
        CHECK(!(sending ? rio.send : rio.receive)(one.rq, &data, 1, 0, NULL));
        int error = WSAGetLastError(), at = 0;
        while (at < count && codes[at] != error) {
            at++;
        }
        CHECK(at < count);
        seen[at] = true;
    }
    for (int i = 0; i < count; i++) {
        CHECK(seen[i]);
    }
    world_close(&one);
}

TEST(a_send_fails_with_each_documented_code)
{
    check_codes("seed=3;send=1000", true, (const int[]) { WSAEFAULT, WSAEINVAL, WSAENOBUFS }, 3);
}

TEST(a_receive_fails_with_each_documented_code)
{
    check_codes("seed=3;receive=1000", false,
        (const int[]) { WSAEFAULT, WSAEINVAL, WSAENOBUFS, WSA_OPERATION_ABORTED }, 4);
}

TEST(a_send_fails_with_the_code_that_is_asked_for)
{
    check_codes("send=1000;send_code=10014", true, (const int[]) { WSAEFAULT }, 1);
}

// Which of two hundred sends are refused, and how, as text.
static void outcomes(const char *settings, char *text)
{
    lib.reset();
    world one = world_open(2, 200, 256);
    CHECK(lib.configure(settings));
    for (uint32_t i = 0; i < 200; i++) {
        bool accepted = send_slice(&one, i, 1, 0, i);
        text[i] = accepted ? '.' : (char)('A' + WSAGetLastError() % 26);
    }
    text[200] = '\0';
    CHECK(lib.configure(""));
    check_clean();
    world_close(&one);
}

TEST(the_same_seed_gives_the_same_faults)
{
    char first[201], again[201], other[201];
    outcomes("seed=42;send=200", first);
    outcomes("seed=42;send=200", again);
    outcomes("seed=43;send=200", other);
    CHECK(strcmp(first, again) == 0);
    CHECK(strcmp(first, other) != 0);
    int refused = 0;
    for (int i = 0; i < 200; i++) {
        refused += first[i] != '.';
    }
    CHECK(refused > 15 && refused < 80);
}

// A connection that breaks takes both directions with it.
static void check_broken(const char *settings, int32_t status)
{
    world one = world_open(2, 2, 16);
    CHECK(receive_slice(&one, 0, 10, 0, 1));
    CHECK(lib.configure(settings));
    CHECK(send_slice(&one, 100, 10, 0, 2));
    rio_result results[2];
    take_results(one.cq, results, 2);
    for (int i = 0; i < 2; i++) {
        CHECK_EQUAL(results[i].status, status);
        CHECK_EQUAL(results[i].bytes_transferred, 0);
    }
    CHECK(results[0].request_context != results[1].request_context);
    CHECK(lib.configure(""));
    // And it stays broken.
    CHECK(receive_slice(&one, 0, 10, 0, 3));
    take_results(one.cq, results, 1);
    CHECK_EQUAL(results[0].status, status);
    world_close(&one);
}

TEST(a_send_completes_as_reset)
{
    check_broken("reset=1000;reset_code=10054", WSAECONNRESET);
}

TEST(a_send_completes_as_aborted)
{
    check_broken("aborted=1000", WSA_OPERATION_ABORTED);
}

TEST(a_receive_completes_as_timed_out)
{
    world one = world_open(2, 2, 16);
    CHECK(lib.configure("reset_at=1;reset_code=10060"));
    CHECK(receive_slice(&one, 0, 10, 0, 1));
    rio_result result;
    take_results(one.cq, &result, 1);
    CHECK_EQUAL(result.status, WSAETIMEDOUT);
    world_close(&one);
}

TEST(a_corrupt_cq_stays_so_and_is_no_breach_of_its_user)
{
    CHECK(lib.configure("corrupt_at=3;late=1000;late_ms=10"));
    world one = world_open(4, 4, 16);
    rio_result result;
    CHECK(receive_slice(&one, 0, 10, 0, 1));
    CHECK(send_slice(&one, 100, 10, 0, 2));
    CHECK_EQUAL(rio.dequeue_completion(one.cq, &result, 0), 0);
    CHECK_EQUAL(rio.dequeue_completion(one.cq, &result, 0), 0);
    CHECK_EQUAL(rio.dequeue_completion(one.cq, &result, 1), RIO_CORRUPT_COMPLETION_QUEUE);
    CHECK_EQUAL(rio.dequeue_completion(one.cq, &result, 1), RIO_CORRUPT_COMPLETION_QUEUE);
    CHECK_EQUAL(rio.notify(one.cq), WSAEINVAL);
    rio_buffer data = slice(&one, 200, 10);
    CHECK_REFUSED(rio.send(one.rq, &data, 1, 0, NULL), WSAEINVAL);
    CHECK_REFUSED(rio.resize_completion_queue(one.cq, 32), WSAEINVAL);
    // Sockets first, then the queue, then the memory: nothing is left, and nothing was wrong.
    close_sockets(&one);
    rio_bench_outstanding_t left;
    lib.outstanding(&left);
    CHECK_EQUAL(left.requests, 0);
    world_close(&one);
}

TEST(a_corrupt_cq_does_not_touch_another)
{
    world one = world_open(4, 4, 16), other = world_open(4, 4, 16);
    CHECK(lib.configure("corrupt_at=1"));
    rio_result result;
    CHECK_EQUAL(rio.dequeue_completion(one.cq, &result, 1), RIO_CORRUPT_COMPLETION_QUEUE);
    CHECK(send_slice(&other, 100, 10, 0, 2));
    take_results(other.cq, &result, 1);
    CHECK_EQUAL(result.status, 0);
    world_close(&one);
    world_close(&other);
}

TEST(a_deferred_send_may_start_before_its_commit)
{
    CHECK(lib.configure("eager_at=2"));
    world one = world_open(1, 4, 16);
    CHECK(send_slice(&one, 0, 10, RIO_FLAG_DEFER, 1));
    check_none(one.cq, 50);
    CHECK(send_slice(&one, 10, 10, RIO_FLAG_DEFER, 2));
    rio_result results[2];
    take_results(one.cq, results, 2);
    CHECK_EQUAL(results[1].request_context, 2);
    CHECK_EQUAL(counters().send_transitions, 0);
    CHECK(rio.send(one.rq, NULL, 0, RIO_FLAG_COMMIT_ONLY, NULL));
    world_close(&one);
}

TEST(a_receive_may_get_less_than_there_is)
{
    CHECK(lib.configure("seed=4;short=1000"));
    world one = world_open(1, 4, 16);
    char text[200];
    memset(text, 'x', sizeof text);
    CHECK_EQUAL(send(one.peer, text, sizeof text, 0), (int)sizeof text);
    uint32_t got = 0;
    int turns = 0;
    for (; got < sizeof text; turns++) {
        CHECK(receive_slice(&one, got, 1000, 0, 1));
        rio_result result;
        take_results(one.cq, &result, 1);
        CHECK(result.status == 0 && result.bytes_transferred > 0 && result.bytes_transferred <= 64);
        got += result.bytes_transferred;
    }
    CHECK_EQUAL(got, sizeof text);
    CHECK(memcmp(one.memory, text, sizeof text) == 0);
    CHECK(turns >= 4);
    world_close(&one);
}

#define SOCKETS 12
#define SENDS 5

// Late ones come in another order across sockets, never within one and its direction.
TEST(late_completions_are_reordered_across_sockets_only)
{
    CHECK(lib.configure("seed=9;late=500;late_ms=1000"));
    rio_cq cq = rio.create_completion_queue(SOCKETS * (SENDS + 1), NULL);
    static char memory[SOCKETS * SENDS];
    rio_buffer_id buffer = rio.register_buffer(memory, sizeof memory);
    SOCKET made[SOCKETS], peers[SOCKETS];
    rio_rq rqs[SOCKETS];
    for (int i = 0; i < SOCKETS; i++) {
        connect_pair(AF_INET, &made[i], &peers[i]);
        rqs[i] = rio.create_request_queue(made[i], 1, 1, SENDS, 1, cq, cq, (void *)(uintptr_t)i);
        CHECK(rqs[i] != RIO_INVALID_REQUEST_QUEUE);
    }
    for (uint32_t i = 0; i < SOCKETS * SENDS; i++) {
        rio_buffer data = { buffer, i, 1 };
        CHECK(rio.send(rqs[i / SENDS], &data, 1, 0, (void *)(uintptr_t)(i % SENDS)));
    }
    static rio_result results[SOCKETS * SENDS];
    take_results(cq, results, SOCKETS * SENDS);
    uint64_t next[SOCKETS] = { 0 };
    int last = 0, turned = 0;
    for (int i = 0; i < SOCKETS * SENDS; i++) {
        int whose = (int)results[i].socket_context;
        CHECK_EQUAL(results[i].request_context, next[whose]);
        next[whose]++;
        turned += whose < last;
        last = whose;
    }
    CHECK(turned > 0);
    for (int i = 0; i < SOCKETS; i++) {
        lib.close_socket(made[i]);
        closesocket(peers[i]);
    }
    rio.close_completion_queue(cq);
    rio.deregister_buffer(buffer);
}

TEST(late_completions_are_awaited_by_a_notification)
{
    CHECK(lib.configure("late=1000;late_ms=100"));
    world one = world_open(2, 2, 16);
    close_sockets(&one);
    HANDLE event = CreateEventA(NULL, TRUE, FALSE, NULL);
    rio_notification how = { .type = RIO_NOTIFY_BY_EVENT, .event = { event, TRUE } };
    rio_cq cq = rio.create_completion_queue(8, &how);
    connect_pair(AF_INET, &one.socket, &one.peer);
    one.rq = rio.create_request_queue(one.socket, 2, 1, 2, 1, cq, cq, NULL);
    for (int i = 0; i < 10; i++) {
        CHECK(send_slice(&one, 0, 10, 0, 1));
        CHECK_EQUAL(rio.notify(cq), 0);
        CHECK_EQUAL(WaitForSingleObject(event, 5000), WAIT_OBJECT_0);
        rio_result result;
        CHECK_EQUAL(rio.dequeue_completion(cq, &result, 1), 1);
    }
    close_sockets(&one);
    rio.close_completion_queue(cq);
    world_close(&one);
}

// What a careful caller does with everything at once: after it nothing is outstanding and no rule was broken.
static void storm(int seed)
{
    char text[200];
    snprintf(text, sizeof text, "seed=%d;send=100;receive=100;aborted=30;reset=30;corrupt=2;late=300;late_ms=3;eager=100;short=300", seed);
    world one = world_open(1, 4, 16);
    CHECK(lib.configure(text));
    bool corrupt = false;
    int receives = 0, sends = 0;
    for (int i = 0; i < 100 && !corrupt; i++) {
        if (receives == 0) {
            receives += receive_slice(&one, 0, 100, 0, 1);
        }
        if (sends < 4) {
            sends += send_slice(&one, 1000 * (1 + (uint32_t)i), 10, i % 2 != 0 ? RIO_FLAG_DEFER : 0, 2);
        }
        send(one.peer, "x", 1, 0);
        rio_result results[4];
        ULONG taken = rio.dequeue_completion(one.cq, results, 4);
        corrupt = taken == RIO_CORRUPT_COMPLETION_QUEUE;
        for (ULONG at = 0; at < taken && !corrupt; at++) {
            receives -= results[at].request_context == 1;
            sends -= results[at].request_context == 2;
        }
        if (i * 1000 + 3000 > WORLD_MEMORY) {
            break;
        }
    }
    CHECK(rio.send(one.rq, NULL, 0, RIO_FLAG_COMMIT_ONLY, NULL));
    world_close(&one);
    rio_bench_outstanding_t left;
    lib.outstanding(&left);
    CHECK_EQUAL(left.requests + left.request_queues + left.completion_queues + left.registrations, 0);
    CHECK(lib.configure(""));
    check_clean();
}

TEST(fifty_seeds_of_everything_leave_nothing_behind)
{
    for (int seed = 1; seed <= 50; seed++) {
        storm(seed);
    }
    CHECK(counters().injected > 200);
}
