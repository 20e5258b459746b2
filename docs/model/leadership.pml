/*
 * The role of a poller's leader, as src/Kestrel.Transport.Rio/Polling implements it: LeaderRole (the word), CompletionPoller
 * (the pass, the mailbox, the sleep), PollerWatch (the watch) and PollerCrew (the threads). README.md says how to check it
 * and what each MUTATION_ leaves out.
 *
 * Time is left out: any two looks of the watch may be "longer than the threshold" apart. So is the kernel, but for the wake-up.
 */
#ifndef THREADS
#define THREADS 3
#endif
#ifndef WORK
#define WORK 3
#endif
#define RECONSIDER WORK /* the mailbox's one other item: may the poller run application work itself again? */

byte word = 0;          /* LeaderRole: even, the leader is inside owned state; odd, it is in application code */
byte buffered = 0;      /* the leader's store buffer, for its plain store of the mark; 0 is empty */
byte insiders = 1;      /* how many threads are inside owned state: the property */

byte mailbox = 0;       /* a bit for each item */
bool sleeping = false;
bool woken = false;     /* the completion queue's wake-up, kept until somebody waits */

byte ready = 0;         /* owned state: the ready work, a bit for each */
bool onPool = false;    /* owned state: application work goes to the thread pool */
bool pooled[WORK];

byte kept = 0;          /* threads that application code keeps, and that lead no more */
bool parked[THREADS];
bool leads[THREADS];

bool watchAsleep = false;
bool watchRoused = false;

byte ran = 0;           /* a bit for each piece of work */
byte ended = 0;

#define IN(set, i) (set & (1 << i))

inline post(i)
{
    mailbox = mailbox | (1 << i);
    if
    :: sleeping -> atomic { if :: sleeping -> sleeping = false; woken = true :: else fi }
    :: else
    fi
}

/* Work i may post work i + 1 to the poller that runs it, and may wait for its end: a handler that calls its own server. */
inline runApplicationCode(i)
{
    if
    :: i == 1 ->
#ifdef MUTATION_POSTS_AS_LEADER
        /* Takes itself for the leader because it was when it called out, and touches owned state. */
        insiders++; assert(insiders == 1); ready = ready | (1 << (i + 1)); insiders--
#else
        post(i + 1)
#endif
    :: else
    fi;
    if
    :: i + 1 < WORK -> if :: true :: true -> IN(ended, i + 1) fi
    :: else
    fi;
    ended = ended | (1 << i)
}

inline flushStoreBuffer()
{
    atomic { if :: buffered != 0 -> word = buffered; buffered = 0 :: else fi }
}

proctype Thread(byte me)
{
    byte mark = 0, taken = 0, i = 0;
#ifdef MUTATION_WORK_STAYS_WITH_THE_THREAD
    byte own = 0;
#define TO_RUN own
#else
#define TO_RUN ready
#endif

follow:
endParked:
    atomic { leads[me] -> leads[me] = false };

pass:
    skip;
    d_step {
        /* One exchange, and then owned state alone: nobody sees the steps in between. */
        taken = mailbox;
        mailbox = 0;
        TO_RUN = TO_RUN | (taken & ~(1 << RECONSIDER));
        if
        :: IN(taken, RECONSIDER) && kept + 1 < THREADS -> onPool = false
        :: else
        fi;
        taken = 0
    };

    do
    :: TO_RUN != 0 ->
        d_step {
            i = 0;
            do
            :: !IN(TO_RUN, i) -> i++
            :: else -> break
            od;
            TO_RUN = TO_RUN & ~(1 << i);
            assert(!IN(ran, i));
            ran = ran | (1 << i)
        };
        if
#ifndef MUTATION_LAST_THREAD_CALLS_OUT
        :: onPool -> pooled[i] = true
#endif
        :: else ->
            /* The mark: a plain store, seen by others at some later time. Then the look at the watch. */
            mark = word + 1;
            atomic { insiders--; buffered = mark };
            if
            :: watchAsleep -> atomic { if :: watchAsleep -> watchAsleep = false; watchRoused = true :: else fi }
            :: else
            fi;

            runApplicationCode(i);

            /* Taking it back: a compare-exchange, which empties the store buffer before. */
            flushStoreBuffer();
            atomic {
                if
#ifdef MUTATION_TAKES_BACK_UNASKED
                :: true
#else
                :: word == mark
#endif
                    ->
                    word = mark + 1;
                    insiders++;
                    assert(insiders == 1);
                    mark = 0;
                    i = 0
#ifndef MUTATION_TAKES_BACK_UNASKED
                :: else -> goto replaced
#endif
                fi
            }
        fi
    :: else -> break
    od;

#ifdef MUTATION_SLEEPS_WITHOUT_A_LOOK
    if
    :: mailbox == 0 ->
        sleeping = true;
endSleeping:
        atomic { woken -> woken = false }
    :: else
    fi;
#else
    sleeping = true;
    if
    :: mailbox == 0 ->
endSleeping:
        atomic { woken -> woken = false }
    :: else
    fi;
#endif
    sleeping = false;
    goto pass;

replaced:
    atomic { mark = 0; i = 0; parked[me] = true };
    kept--;
    goto follow
}

proctype PoolWorker(byte i)
{
endIdle:
    pooled[i];
    runApplicationCode(i)
}

/* A store does not stay in the buffer for ever. */
proctype StoreBuffer()
{
endEmpty:
    do
    :: atomic { buffered != 0 -> word = buffered; buffered = 0 }
    od
}

proctype Watch()
{
    byte seen = 0, t = 0;
    bool isQuiet = false, isStuck = false;
    do
    :: d_step {
            /* One look. */
#ifdef MUTATION_REPLACES_UNMARKED
            isStuck = (word == seen && seen != 0);
#else
            isStuck = (word == seen && (word & 1));
#endif
            isQuiet = (word == seen && !(word & 1));
            seen = word
        };
        if
        :: isStuck ->
            atomic {
                /* A thread first, so that there is one when the role is taken. Or it has come back meanwhile. */
                isStuck = false;
                do
                :: parked[0] -> t = 0; break
                :: parked[1] -> t = 1; break
#if THREADS > 2
                :: parked[2] -> t = 2; break
#endif
                :: word != seen -> t = THREADS; break
                od
            };
            atomic {
                if
                :: t < THREADS && word == seen ->
                    /* The compare-exchange. From here on the watch is inside, until the new leader has the role. */
                    word = seen + 1;
                    insiders++;
                    assert(insiders == 1);
                    parked[t] = false;
                    kept++;
                    if
                    :: kept + 1 == THREADS -> onPool = true
                    :: else
                    fi;
                    leads[t] = true
                :: else
                fi;
                t = 0
            }
        :: isQuiet ->
            isQuiet = false;
            watchAsleep = true;
#ifndef MUTATION_WATCH_SLEEPS_WITHOUT_A_BARRIER
            /* The process-wide barrier: what is in any thread's store buffer is seen now. */
            flushStoreBuffer();
#endif
            if
#ifndef MUTATION_WATCH_SLEEPS_WITHOUT_A_LOOK
            :: word != seen -> atomic { watchAsleep = false; watchRoused = false }
            :: word == seen ->
#else
            :: true ->
#endif
endAsleep:
                atomic { watchRoused -> watchRoused = false }
            fi
        :: else
        fi
    od
}

/* Others: two requests that arrive, and the upkeep. */
proctype Others(byte i)
{
    post(i)
}

/* When nothing can go on by itself any more, everything that was posted has run, and ended. */
proctype AtTheEnd()
{
    timeout;
    assert(ran == (1 << WORK) - 1 && ended == ran);
    assert(mailbox == 0 && ready == 0 && kept == 0);
    assert(insiders == 1)
}

init
{
    byte i = 1;
    atomic {
        leads[0] = true;
        do
        :: i < THREADS -> parked[i] = true; i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < THREADS -> run Thread(i); i++
        :: else -> break
        od;
        i = 0;
        do
        :: i < WORK -> run PoolWorker(i); i++
        :: else -> break
        od;
        run StoreBuffer();
        run Watch();
        run Others(0);
        run Others(1);
#ifdef RECONSIDERS
        run Others(RECONSIDER);
#endif
        run AtTheEnd()
    }
}
