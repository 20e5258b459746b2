// What was done wrong, and the report of it.
#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// A program that breaks a rule usually breaks it often: the first ones are told, all are counted.
#define TOLD 512
#define TOLD_SIZE 256

#define BREACH_TEXT(symbol, text) text,
static const char *const names[BREACH_NAME_COUNT] = { BREACH_NAMES(BREACH_TEXT) };

static char told[TOLD][TOLD_SIZE];
static int count;
static int counts[BREACH_NAME_COUNT];
static bool allowed[BREACH_NAME_COUNT];

void breach(enum breach_name name, const char *format, ...)
{
    if (allowed[name]) {
        return;
    }
    counts[name]++;
    bench.counters.breaches++;
    if (count < TOLD) {
        int length = snprintf(told[count], TOLD_SIZE, "%s: ", names[name]);
        va_list arguments;
        va_start(arguments, format);
        vsnprintf(told[count] + length, (size_t)(TOLD_SIZE - length), format, arguments);
        va_end(arguments);
    }
    count++;
}

static int index_of(const char *name, size_t length)
{
    for (int i = 0; i < BREACH_NAME_COUNT; i++) {
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0) {
            return i;
        }
    }
    return -1;
}

_Bool breach_allow(const char *name, unsigned length)
{
    int index = index_of(name, length);
    if (index < 0) {
        return false;
    }
    allowed[index] = true;
    return true;
}

void breach_allow_none(void)
{
    memset(allowed, 0, sizeof allowed);
}

static void say_leaks(void)
{
    rqs_say_leaks();
    cqs_say_leaks();
    registrations_say_leaks();
}

typedef struct counter_line {
    const char *name;
    size_t offset;
} counter_line;

#define LINE(field) { #field, offsetof(rio_bench_counters_t, field) }
static const counter_line lines[] = {
    LINE(sends), LINE(sends_deferred), LINE(send_commits), LINE(send_transitions), LINE(receives),
    LINE(receives_deferred), LINE(receive_commits), LINE(receive_transitions), LINE(notifies), LINE(notifications),
    LINE(dequeues), LINE(empty_dequeues), LINE(completions), LINE(registrations), LINE(deregistrations),
    LINE(cqs_created), LINE(cqs_closed), LINE(cq_resizes), LINE(rqs_created), LINE(rqs_closed), LINE(rq_resizes),
    LINE(refused), LINE(injected), LINE(bytes_sent), LINE(bytes_received), LINE(kernel_sends), LINE(kernel_receives),
    LINE(breaches),
};

static void put(HANDLE to, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void put(HANDLE to, const char *format, ...)
{
    char text[TOLD_SIZE + 300];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    DWORD written;
    DWORD size = length < (int)sizeof text ? (DWORD)length : (DWORD)sizeof text - 1;
    WriteFile(to, text, size, &written, NULL);
}

static void put_report(HANDLE to)
{
    put(to, "rio_bench report\nsettings %s\n", bench_settings.text);
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        put(to, "counter %s %llu\n", lines[i].name,
            *(const unsigned long long *)((const char *)&bench.counters + lines[i].offset));
    }
    put(to, "outstanding requests %u\noutstanding request_queues %u\noutstanding completion_queues %u\n"
        "outstanding registrations %u\n", bench.requests, rqs_open(), cqs_open(), registrations_open());
    for (int i = 0; i < BREACH_NAME_COUNT; i++) {
        if (counts[i] != 0) {
            put(to, "breaches %s %d\n", names[i], counts[i]);
        }
    }
    for (int i = 0; i < count && i < TOLD; i++) {
        put(to, "breach %s\n", told[i]);
    }
    put(to, count == 0 ? "verdict clean\n" : "verdict %d breaches\n", count);
}

// RIO_BENCH_REPORT may hold "%p" for the process id, for runs of several processes.
static bool report_path(char *path, size_t size)
{
    char raw[MAX_PATH];
    DWORD length = GetEnvironmentVariableA("RIO_BENCH_REPORT", raw, sizeof raw);
    if (length == 0 || length >= sizeof raw) {
        return false;
    }
    const char *process = strstr(raw, "%p");
    int written = process == NULL
        ? snprintf(path, size, "%s", raw)
        : snprintf(path, size, "%.*s%lu%s", (int)(process - raw), raw, GetCurrentProcessId(), process + 2);
    return written > 0 && (size_t)written < size;
}

static void write_to_file(void)
{
    char path[MAX_PATH + 16];
    if (!report_path(path, sizeof path)) {
        return;
    }
    HANDLE to = CreateFileA(path, GENERIC_WRITE, FILE_SHARE_READ, NULL, CREATE_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    if (to == INVALID_HANDLE_VALUE) {
        breach(BREACH_BENCH_TROUBLE, "no report: CreateFile(%s) gave %lu", path, GetLastError());
        return;
    }
    put_report(to);
    CloseHandle(to);
}

void report_write(void)
{
    // Alone in the process by now; who held the lock will never give it back.
    bool locked = TryAcquireSRWLockExclusive(&bench.lock);
    say_leaks();
    write_to_file();
    if (locked) {
        bench_unlock();
    }
}

int rio_bench_report(void)
{
    bench_begin();
    bench_lock();
    say_leaks();
    write_to_file();
    int result = count;
    bench_unlock();
    return result;
}

int rio_bench_configure(const char *settings)
{
    bench_begin();
    bench_lock();
    bool understood = settings_apply(settings != NULL ? settings : "");
    if (!understood) {
        breach(BREACH_SETTING_UNKNOWN, "rio_bench_configure(\"%s\")", settings != NULL ? settings : "");
    }
    bench_unlock();
    return understood;
}

int rio_bench_breaches(void)
{
    bench_lock();
    int result = count;
    bench_unlock();
    return result;
}

int rio_bench_breach(int index, char *text, int size)
{
    bench_lock();
    int length = 0;
    if (index >= 0 && index < count && index < TOLD) {
        length = (int)strlen(told[index]);
        if (text != NULL && size > 0) {
            snprintf(text, (size_t)size, "%s", told[index]);
        }
    }
    bench_unlock();
    return length;
}

int rio_bench_breaches_named(const char *name)
{
    int index = name != NULL ? index_of(name, strlen(name)) : -1;
    if (index < 0) {
        return -1;
    }
    bench_lock();
    int result = counts[index];
    bench_unlock();
    return result;
}

int rio_bench_counters(rio_bench_counters_t *counters)
{
    if (counters == NULL || counters->size < sizeof(uint64_t)) {
        return 0;
    }
    bench_lock();
    uint32_t size = counters->size < sizeof *counters ? counters->size : (uint32_t)sizeof *counters;
    memcpy(counters, &bench.counters, size);
    counters->size = size;
    bench_unlock();
    return 1;
}

int rio_bench_outstanding(rio_bench_outstanding_t *outstanding)
{
    if (outstanding == NULL) {
        return 0;
    }
    bench_lock();
    outstanding->requests = bench.requests;
    outstanding->request_queues = rqs_open();
    outstanding->completion_queues = cqs_open();
    outstanding->registrations = registrations_open();
    bench_unlock();
    return 1;
}

void rio_bench_reset(void)
{
    bench_lock();
    memset(&bench.counters, 0, sizeof bench.counters);
    memset(counts, 0, sizeof counts);
    count = 0;
    bench_unlock();
}
