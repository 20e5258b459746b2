// One test for each rule of registered memory.
#include "harness.h"

TEST(buffer_deregistered)
{
    world one = world_open(2, 2, 16);
    rio_buffer data = slice(&one, 0, 10);
    rio.deregister_buffer(one.buffer);
    CHECK_REFUSED(rio.send(one.rq, &data, 1, 0, NULL), WSAEFAULT);
    check_caught("buffer-deregistered", 1);
    one.buffer = RIO_INVALID_BUFFER_ID;
    world_close(&one);
}

TEST(buffer_unknown)
{
    world one = world_open(2, 2, 16);
    rio_buffer data = slice(&one, 0, 10);
    data.buffer_id = (uint32_t)one.buffer;
    CHECK_REFUSED(rio.receive(one.rq, &data, 1, 0, NULL), WSAEFAULT);
    rio.deregister_buffer(0x4711);
    check_caught("buffer-unknown", 2);
    world_close(&one);
}

TEST(deregistering_the_invalid_id_is_ignored)
{
    rio.deregister_buffer(RIO_INVALID_BUFFER_ID);
    check_clean();
}

TEST(deregister_in_use)
{
    world one = world_open(2, 2, 16);
    CHECK(receive_slice(&one, 0, 10, 0, 1));
    rio.deregister_buffer(one.buffer);
    check_caught("deregister-in-use", 1);
    one.buffer = RIO_INVALID_BUFFER_ID;
    // The status is the ordinary one: nothing but this bench tells of the mistake.
    CHECK_EQUAL(send(one.peer, "abc", 3, 0), 3);
    rio_result result;
    take_results(one.cq, &result, 1);
    CHECK_EQUAL(result.status, 0);
    CHECK_EQUAL(result.bytes_transferred, 3);
    world_close(&one);
}

TEST(deregister_in_use_until_the_completion_is_dequeued)
{
    world one = world_open(2, 2, 16);
    CHECK(receive_slice(&one, 0, 10, 0, 1));
    CHECK_EQUAL(send(one.peer, "abc", 3, 0), 3);
    Sleep(100);
    rio.deregister_buffer(one.buffer);
    check_caught("deregister-in-use", 1);
    one.buffer = RIO_INVALID_BUFFER_ID;
    world_close(&one);
}

TEST(deregister_twice)
{
    char memory[64];
    rio_buffer_id id = rio.register_buffer(memory, sizeof memory);
    rio.deregister_buffer(id);
    rio.deregister_buffer(id);
    check_caught("deregister-twice", 1);
}

TEST(range_outside_registration)
{
    world one = world_open(2, 2, 16);
    rio_buffer past = slice(&one, WORLD_MEMORY - 10, 11);
    CHECK_REFUSED(rio.send(one.rq, &past, 1, 0, NULL), WSAEINVAL);
    rio_buffer around = slice(&one, 0xFFFFFFFF, 2);
    CHECK_REFUSED(rio.receive(one.rq, &around, 1, 0, NULL), WSAEINVAL);
    check_caught("range-outside-registration", 2);
    CHECK(send_slice(&one, WORLD_MEMORY - 10, 10, 0, 1));
    world_close(&one);
}

TEST(length_zero)
{
    world one = world_open(2, 2, 16);
    rio_buffer nothing = slice(&one, 0, 0);
    CHECK_REFUSED(rio.receive(one.rq, &nothing, 1, 0, NULL), WSAEINVAL);
    check_caught("length-zero", 1);
    world_close(&one);
}

TEST(overlap_receive_receive)
{
    world one = world_open(4, 4, 16);
    CHECK(receive_slice(&one, 0, 100, 0, 1));
    CHECK(receive_slice(&one, 100, 100, 0, 2));
    check_clean();
    CHECK(receive_slice(&one, 199, 10, 0, 3));
    check_caught("overlap-receive-receive", 1);
    world_close(&one);
}

TEST(overlap_send_receive)
{
    world one = world_open(4, 4, 16);
    CHECK(receive_slice(&one, 0, 100, 0, 1));
    CHECK(send_slice(&one, 50, 10, 0, 2));
    check_caught("overlap-send-receive", 1);
    world_close(&one);
}

TEST(overlap_send_send)
{
    world one = world_open(4, 4, 16);
    CHECK(send_slice(&one, 0, 100, RIO_FLAG_DEFER, 1));
    CHECK(send_slice(&one, 50, 10, 0, 2));
    check_caught("overlap-send-send", 1);
    world_close(&one);
}

TEST(overlap_of_two_registrations_of_the_same_memory)
{
    world one = world_open(4, 4, 16);
    rio_buffer_id again = rio.register_buffer(one.memory + 4096, 4096);
    CHECK(receive_slice(&one, 4096 + 10, 100, 0, 1));
    rio_buffer data = { .buffer_id = again, .offset = 0, .length = 11 };
    CHECK(rio.send(one.rq, &data, 1, 0, NULL));
    check_caught("overlap-send-receive", 1);
    close_sockets(&one);
    rio_result results[2];
    take_results(one.cq, results, 2);
    rio.deregister_buffer(again);
    world_close(&one);
}

TEST(overlap_with_what_was_dequeued_is_none)
{
    world one = world_open(4, 4, 16);
    for (int i = 0; i < 3; i++) {
        CHECK(send_slice(&one, 0, 100, 0, 1));
        rio_result result;
        take_results(one.cq, &result, 1);
    }
    world_close(&one);
}

TEST(registration_used_twice)
{
    world one = world_open(4, 4, 16);
    CHECK(receive_slice(&one, 0, 100, 0, 1));
    CHECK(send_slice(&one, 1000, 100, 0, 2));
    check_clean();
    CHECK(lib.configure("strict=1"));
    CHECK(send_slice(&one, 2000, 100, 0, 3));
    check_caught("registration-used-twice", 1);
    world_close(&one);
}

TEST(send_memory_changed)
{
    world one = world_open(4, 4, 16);
    CHECK(send_slice(&one, 0, 101, 0, 1));
    one.memory[100] ^= 1;
    rio_result result;
    take_results(one.cq, &result, 1);
    check_caught("send-memory-changed", 1);
    CHECK(lib.configure("checksum=0"));
    CHECK(send_slice(&one, 0, 101, 0, 1));
    one.memory[100] ^= 1;
    take_results(one.cq, &result, 1);
    CHECK_EQUAL(lib.breaches(), 1);
    world_close(&one);
}

TEST(registering_nothing_is_refused)
{
    char memory[64];
    CHECK_REFUSED(rio.register_buffer(NULL, 10) != RIO_INVALID_BUFFER_ID, WSAEFAULT);
    CHECK_REFUSED(rio.register_buffer(memory, 0) != RIO_INVALID_BUFFER_ID, WSAEINVAL);
}

TEST(registration_never_released)
{
    char memory[64];
    rio_buffer_id id = rio.register_buffer(memory, sizeof memory);
    CHECK_EQUAL(lib.report(), 1);
    check_caught("registration-never-released", 1);
    CHECK_EQUAL(lib.report(), 1); // told once
    rio.deregister_buffer(id);
}

TEST(cq_never_released)
{
    rio_cq cq = rio.create_completion_queue(4, NULL);
    CHECK_EQUAL(lib.report(), 1);
    check_caught("cq-never-released", 1);
    rio.close_completion_queue(cq);
}

TEST(rq_never_closed_and_request_never_dequeued)
{
    world one = world_open(4, 4, 16);
    CHECK(receive_slice(&one, 0, 100, 0, 1));
    CHECK_EQUAL(lib.report(), 4);
    CHECK_EQUAL(lib.breaches_named("rq-never-closed"), 1);
    CHECK_EQUAL(lib.breaches_named("request-never-dequeued"), 1);
    CHECK_EQUAL(lib.breaches_named("cq-never-released"), 1);
    CHECK_EQUAL(lib.breaches_named("registration-never-released"), 1);
    breaches_expected();
    world_close(&one);
}
