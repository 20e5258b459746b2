// Every rule the bench watches has one stable name; README.md says what each of them means.
#ifndef BREACHES_H
#define BREACHES_H

#define BREACH_NAMES(X) \
    X(RQ_TWO_THREADS, "rq-two-threads") \
    X(CQ_TWO_THREADS, "cq-two-threads") \
    X(CQ_CREATE_OVERLAP, "cq-create-overlap") \
    X(RQ_NOT_BY_POLLER, "rq-not-by-poller") \
    X(RQ_OVER_LIMIT, "rq-over-limit") \
    X(CQ_OVER_COMMITTED, "cq-over-committed") \
    X(CQ_SHARE_NOT_DRAINED, "cq-share-not-drained") \
    X(BUFFER_DEREGISTERED, "buffer-deregistered") \
    X(BUFFER_UNKNOWN, "buffer-unknown") \
    X(DEREGISTER_IN_USE, "deregister-in-use") \
    X(DEREGISTER_TWICE, "deregister-twice") \
    X(RANGE_OUTSIDE, "range-outside-registration") \
    X(OVERLAP_RECEIVES, "overlap-receive-receive") \
    X(OVERLAP_SEND_RECEIVE, "overlap-send-receive") \
    X(OVERLAP_SENDS, "overlap-send-send") \
    X(REGISTRATION_TWICE, "registration-used-twice") \
    X(SEND_CHANGED, "send-memory-changed") \
    X(NOTIFY_ARMED, "notify-while-armed") \
    X(NOTIFY_NO_METHOD, "notify-without-method") \
    X(NEVER_COMMITTED, "deferred-never-committed") \
    X(CQ_CLOSED_IN_USE, "cq-closed-in-use") \
    X(CQ_UNKNOWN, "cq-unknown") \
    X(CQ_AFTER_CLOSE, "cq-used-after-close") \
    X(RQ_UNKNOWN, "rq-unknown") \
    X(RQ_AFTER_CLOSE, "rq-used-after-close") \
    X(RQ_PLAIN_SOCKET, "rq-on-plain-socket") \
    X(RQ_TWICE, "rq-twice-on-socket") \
    X(RQ_DATA_BUFFERS, "rq-data-buffers") \
    X(BAD_FLAGS, "flags-invalid") \
    X(BAD_BUFFER_COUNT, "buffer-count") \
    X(NO_LENGTH, "length-zero") \
    X(COMMIT_ARGUMENTS, "commit-with-arguments") \
    X(BAD_NOTIFICATION, "notification-invalid") \
    X(TABLE_SIZE, "table-size") \
    X(SHUTDOWN_SENDS, "shutdown-with-sends") \
    X(SOCKET_ELSEWHERE, "socket-closed-elsewhere") \
    X(REGISTRATION_LEAKED, "registration-never-released") \
    X(CQ_LEAKED, "cq-never-released") \
    X(RQ_LEAKED, "rq-never-closed") \
    X(REQUEST_LEAKED, "request-never-dequeued") \
    X(SETTING_UNKNOWN, "setting-unknown") \
    X(BENCH_TROUBLE, "bench-trouble")

#define BREACH_ENUM(symbol, text) BREACH_##symbol,
enum breach_name { BREACH_NAMES(BREACH_ENUM) BREACH_NAME_COUNT };

// With the lock held.
void breach(enum breach_name name, const char *format, ...) __attribute__((format(printf, 2, 3)));

// A breach by this name is not reported; false when there is no such name.
_Bool breach_allow(const char *name, unsigned length);
void breach_allow_none(void);

void report_write(void);

#endif
