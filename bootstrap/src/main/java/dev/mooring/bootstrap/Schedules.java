package dev.mooring.bootstrap;

import dev.mooring.adapter.persistence.Persistence;
import dev.mooring.application.Acting;
import dev.mooring.application.UseCases;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * What happens by itself, on every node: each job is safe to run on many at once. A job that fails
 * is tried again at its next turn.
 */
final class Schedules implements AutoCloseable {
    private static final Logger LOGGER = System.getLogger(Schedules.class.getName());
    private static final Duration SWEEP = Duration.ofSeconds(30);
    private static final Duration REGISTRATIONS = Duration.ofMinutes(10);
    private static final Duration DELETIONS = Duration.ofMinutes(1);
    private static final Duration REVOCATIONS = Duration.ofSeconds(30);
    private static final Duration RESEALING = Duration.ofMinutes(10);
    private static final Duration RENEWALS = Duration.ofSeconds(1);
    private static final Duration KEY_USES = Duration.ofMinutes(1);
    private static final Duration EVENTS = Duration.ofMillis(400);
    private static final Duration WEBHOOKS = Duration.ofSeconds(1);
    private static final Duration REFUSALS = Duration.ofMinutes(5);
    private static final Duration RETENTION = Duration.ofHours(1);
    private static final Duration CHANGES = Duration.ofSeconds(1);
    private static final Duration KEYS = Duration.ofSeconds(5);
    private static final Duration CONNECTIONS = Duration.ofSeconds(30);

    /** A thread for each, as no job may wait for one that waits for a slow server. */
    private static final int MOST_JOBS = 20;

    private static final String KEY_USE = "key uses";
    private static final String REFUSED = "refusals";

    private final ScheduledExecutorService timer;

    private Schedules(ScheduledExecutorService timer) {
        this.timer = timer;
    }

    /**
     * Starts them.
     *
     * @param auditRetention how long the audit trail is kept
     */
    static Schedules start(
            UseCases useCases,
            Persistence persistence,
            Duration auditRetention,
            RandomGenerator random) {
        ThreadFactory threads = Thread.ofVirtual().name("schedule-", 0).factory();
        Schedules schedules = new Schedules(Executors.newScheduledThreadPool(MOST_JOBS, threads));
        schedules.every(SWEEP, "sweep", useCases.sweepAttempts()::handle, random);
        schedules.every(
                REGISTRATIONS, "registrations", useCases.forgetRegistrations()::handle, random);
        schedules.every(DELETIONS, "deletions", useCases.deleteRegistrations()::handle, random);
        schedules.every(REVOCATIONS, "revocations", useCases.deliverRevocations()::handle, random);
        schedules.every(RENEWALS, "renewals", useCases.renewGrants()::handle, random);
        schedules.every(CHANGES, "changes", useCases.followChanges()::handle, random);
        schedules.every(CONNECTIONS, "connections", useCases.keepConnected()::handle, random);
        schedules.every(KEY_USES, KEY_USE, useCases.recordKeyUse()::handle, random);
        schedules.every(EVENTS, "events", useCases.followEvents()::poll, random);
        schedules.every(WEBHOOKS, "webhooks", useCases.deliverWebhooks()::handle, random);
        schedules.every(REFUSALS, REFUSED, useCases.recordRefusals()::handle, random);
        schedules.every(
                RETENTION,
                "retention",
                () -> useCases.keepHistory().forget(auditRetention),
                random);
        schedules.every(RESEALING, "resealing", persistence::reseal, random);
        schedules.every(KEYS, "keys", persistence::keepKeysInStep, random);
        return schedules;
    }

    /**
     * The first turn comes at a random time, so that nodes started together do not march in step.
     */
    // Nobody asks the future: a job runs until the process ends, and guarded() lets nothing out.
    @SuppressWarnings("FutureReturnValueIgnored")
    private void every(Duration interval, String name, Runnable job, RandomGenerator random) {
        long first = random.nextLong(interval.toMillis());
        timer.scheduleWithFixedDelay(
                () -> guarded(name, job), first, interval.toMillis(), TimeUnit.MILLISECONDS);
    }

    private static void guarded(String name, Runnable job) {
        try {
            Acting.as(ActingParty.local(Actor.service(name)), job);
        } catch (StoreUnavailableException e) {
            LOGGER.log(Level.WARNING, "{0} waits for the database: {1}", name, e.getMessage());
        } catch (RuntimeException | Error e) {
            // What left the job would end its schedule for good.
            LOGGER.log(Level.ERROR, "The scheduled job " + name + " failed", e);
        }
    }

    /** Writes down what is noted in memory alone, for when nobody notes anything any more. */
    static void writeNotes(UseCases useCases) {
        guarded(KEY_USE, useCases.recordKeyUse()::handle);
        guarded(REFUSED, useCases.recordRefusals()::handle);
    }

    /** Lets the jobs that are at work end. */
    @Override
    public void close() {
        Opened.end(timer);
    }
}
