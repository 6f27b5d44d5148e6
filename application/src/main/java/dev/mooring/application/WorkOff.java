package dev.mooring.application;

import dev.mooring.application.port.Budget;
import dev.mooring.application.port.DebtMeter;
import dev.mooring.application.port.DebtMeter.Kind;
import dev.mooring.application.port.DebtMeter.Result;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.Outbox;
import dev.mooring.application.port.Outbox.Entry;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.lifecycle.Backoff;
import dev.mooring.domain.lifecycle.Problem;
import dev.mooring.domain.lifecycle.UpstreamEvent;
import dev.mooring.domain.oauth.Origin;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;

/**
 * Works off what is owed to authorization servers, as often as it takes. What a server will not
 * take is given up, and so is what could not be brought to it in half a day of trying; the trail
 * tells of either end.
 *
 * <p>An origin has so many places in a process and no more, so that one which is dead or slow keeps
 * those and the others never wait for it. Whatever ends makes room for the next, without anybody
 * waiting for that.
 */
final class WorkOff<T> {
    private static final Logger LOGGER = System.getLogger(WorkOff.class.getName());

    static final int AT_ONE_ORIGIN = 4;

    /** Only that many origins that are slow at once could keep the others waiting. */
    private static final int SLOW_ORIGINS = 64;

    private static final int AT_ONCE = SLOW_ORIGINS * AT_ONE_ORIGIN;
    private static final int BATCH = 32;

    /** What ends after this goes on with nothing, so that whoever asks for more can stop. */
    private static final Duration ROUND = Duration.ofSeconds(3);

    private static final Backoff AFTER_FAILURE =
            new Backoff(Duration.ofSeconds(20), Duration.ofHours(1));

    private static final int MAX_TRIES = 24;

    /** However patient a server asks us to be. */
    private static final Duration LONGEST_OWED = Duration.ofDays(7);

    private final Kind kind;
    private final UnitOfWork unitOfWork;
    private final Outbox<T> outbox;
    private final BiFunction<T, Budget, Delivery> delivery;
    private final EventLog events;
    private final DebtMeter meter;
    private final Executor background;
    private final ActingParty acting;
    private final Timing timing;
    private final InstantSource clock;
    private final RandomGenerator random;

    private final Queue<Origin> underWay = new ConcurrentLinkedQueue<>();
    private final AtomicInteger wishes = new AtomicInteger();
    private volatile long roundEnds = System.nanoTime();

    /**
     * @param background runs deliveries, and {@link #soon()}
     * @param acting who does all this, on whatever occasion
     */
    WorkOff(
            Kind kind,
            UnitOfWork unitOfWork,
            Outbox<T> outbox,
            BiFunction<T, Budget, Delivery> delivery,
            EventLog events,
            DebtMeter meter,
            Executor background,
            ActingParty acting,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.kind = kind;
        this.unitOfWork = unitOfWork;
        this.outbox = outbox;
        this.delivery = delivery;
        this.events = events;
        this.meter = meter;
        this.background = background;
        this.acting = acting;
        this.timing = timing;
        this.clock = clock;
        this.random = random;
    }

    /** What came of one try. */
    sealed interface Delivery {
        record Done() implements Delivery {}

        /** It must not be brought any more. */
        record Outlived() implements Delivery {}

        /** The server will not, and asking again is vain. */
        record Refused(Problem problem, OptionalInt status) implements Delivery {}

        record Unavailable(Problem problem, OptionalInt status, Optional<Duration> retryAfter)
                implements Delivery {}

        /** It could not even be tried, or went wrong in a way that nobody foresaw. */
        record Broken() implements Delivery {}
    }

    /** Begins to bring what is due now, as far as there is room, and returns. */
    void handle() {
        roundEnds = System.nanoTime() + ROUND.toNanos();
        startDue();
    }

    /** The same without even looking on the caller's thread. */
    void soon() {
        background.execute(() -> waitingForTheStore(this::handle));
    }

    /** Tells the meter how much is owed. */
    void measure() {
        meter.owed(kind, outbox.backlog());
    }

    /** One thread looks at a time; whoever comes meanwhile has it look once more. */
    private void startDue() {
        if (wishes.getAndIncrement() > 0) {
            return;
        }
        boolean looked = false;
        try {
            int granted;
            do {
                granted = wishes.get();
                startAllThatMay();
            } while (!wishes.compareAndSet(granted, 0));
            looked = true;
        } finally {
            if (!looked) {
                wishes.set(0);
            }
        }
    }

    private void startAllThatMay() {
        boolean more = true;
        while (more && isInRound()) {
            int room = Math.min(BATCH, AT_ONCE - underWay.size());
            List<Entry> due =
                    room > 0
                            ? outbox.take(
                                    room, AT_ONE_ORIGIN, List.copyOf(underWay), timing.lease())
                            : List.of();
            due.forEach(this::startOrLeave);
            more = !due.isEmpty();
        }
    }

    private boolean isInRound() {
        return System.nanoTime() - roundEnds < 0;
    }

    /** While the process stops, what was taken is at once anybody else's. */
    private void startOrLeave(Entry entry) {
        try {
            start(entry);
        } catch (RejectedExecutionException e) {
            roundEnds = System.nanoTime();
            outbox.excuse(entry, Duration.ZERO);
        }
    }

    private void start(Entry entry) {
        Origin origin = entry.debt().creditor();
        underWay.add(origin);
        boolean started = false;
        try {
            background.execute(() -> {
                try {
                    Acting.as(acting, () -> waitingForTheStore(() -> deliver(entry)));
                } finally {
                    underWay.remove(origin);
                    waitingForTheStore(this::startDue);
                }
            });
            started = true;
        } finally {
            if (!started) {
                underWay.remove(origin);
            }
        }
    }

    /** The lease of what was taken ends by itself. */
    private void waitingForTheStore(Runnable work) {
        try {
            work.run();
        } catch (StoreUnavailableException e) {
            LOGGER.log(Level.DEBUG, "What is owed ({0}) waits for the database", kind);
        }
    }

    private void deliver(Entry entry) {
        tried(entry).ifPresent(came -> record(entry, came));
    }

    private void record(Entry entry, Delivery came) {
        switch (came) {
            case Delivery.Done done ->
                    end(entry, outbox::done, entry.debt().settled(clock.instant()), Result.DONE);
            case Delivery.Outlived outlived -> outbox.done(entry);
            case Delivery.Refused refused ->
                    giveUp(entry, Optional.of(refused.problem()), refused.status());
            case Delivery.Unavailable unavailable -> {
                if (unavailable.retryAfter().isPresent() && isYoung(entry)) {
                    pause(entry, unavailable.retryAfter().get());
                } else {
                    failed(entry, Optional.of(unavailable.problem()), unavailable.status());
                }
            }
            case Delivery.Broken broken -> failed(entry, Optional.empty(), OptionalInt.empty());
        }
    }

    /**
     * Whatever goes wrong with one is recorded with it and in the way of no other. Empty where
     * somebody else sees to it.
     */
    private Optional<Delivery> tried(Entry entry) {
        try {
            return outbox.open(entry)
                    .map(owed -> delivery.apply(owed, Budget.of(timing.tokenCall())));
        } catch (StoreUnavailableException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            LOGGER.log(Level.ERROR, "What is owed cannot be brought: " + entry.debt(), e);
            return Optional.of(new Delivery.Broken());
        }
    }

    private static boolean isYoung(Entry entry) {
        return entry.age().compareTo(LONGEST_OWED) < 0;
    }

    private void failed(Entry entry, Optional<Problem> problem, OptionalInt status) {
        if (entry.tries() >= MAX_TRIES || !isYoung(entry)) {
            giveUp(entry, problem, status);
        } else {
            outbox.postpone(entry, AFTER_FAILURE.after(entry.tries(), random));
            meter.count(kind, Result.FAILED);
        }
    }

    /**
     * RFC 9110 section 10.2.3: the whole origin is left alone for as long as it asks for, and what
     * waits for it loses none of its tries. This one was seen to, so it comes later than the
     * others.
     */
    private void pause(Entry entry, Duration asked) {
        Duration bounded = ObtainAccessToken.bounded(asked);
        Duration grown = AFTER_FAILURE.after(entry.attempts(), random);
        unitOfWork.run(() -> {
            outbox.excuse(entry, bounded.compareTo(grown) > 0 ? bounded : grown);
            outbox.pause(entry.debt().creditor(), bounded);
        });
        meter.count(kind, Result.PAUSED);
    }

    private void giveUp(Entry entry, Optional<Problem> problem, OptionalInt status) {
        LOGGER.log(
                level(),
                "Given up: {0}: {1}",
                entry.debt(),
                problem.map(Problem::message).orElse("see the errors above"));
        end(
                entry,
                outbox::giveUp,
                entry.debt().givenUp(problem.map(Problem::code), status, clock.instant()),
                Result.GIVEN_UP);
    }

    /** A registration that stays is a name that nobody uses; tokens that stay can be used. */
    private Level level() {
        return switch (kind) {
            case REVOCATION -> Level.WARNING;
            case DELETION -> Level.INFO;
        };
    }

    private void end(Entry entry, Predicate<Entry> ending, UpstreamEvent event, Result result) {
        boolean ended =
                unitOfWork.execute(() -> {
                    boolean ours = ending.test(entry);
                    if (ours) {
                        events.append(event);
                    }
                    return ours;
                });
        if (ended) {
            meter.count(kind, result);
        }
    }
}
