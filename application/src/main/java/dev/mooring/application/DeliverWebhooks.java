package dev.mooring.application;

import dev.mooring.application.port.Budget;
import dev.mooring.application.port.EventHistory;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.StoreUnavailableException;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.application.port.WebhookReceiver;
import dev.mooring.application.port.WebhookReceiver.Answer;
import dev.mooring.application.port.WebhookStore;
import dev.mooring.application.port.WebhookStore.Standing;
import dev.mooring.domain.audit.AdministrativeEvent.WebhookDisabled;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.WebhookId;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.random.RandomGenerator;

/**
 * Tells webhooks what happened: each in order, at least once, and none of them waits for another.
 * An event that is not taken is sent again, for about three days; then the webhook is disabled, and
 * goes on where it stopped when somebody asks for it. Safe on many nodes at once.
 */
public final class DeliverWebhooks {
    private static final Logger LOGGER = System.getLogger(DeliverWebhooks.class.getName());
    private static final int BATCH = 20;

    /** Standard Webhooks proposes this schedule, but for the first minute. */
    private static final List<Duration> DELAYS =
            List.of(
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(5),
                    Duration.ofSeconds(30),
                    Duration.ofMinutes(5),
                    Duration.ofMinutes(30),
                    Duration.ofHours(2),
                    Duration.ofHours(5),
                    Duration.ofHours(10),
                    Duration.ofHours(14),
                    Duration.ofHours(20),
                    Duration.ofHours(24));

    private final UnitOfWork unitOfWork;
    private final WebhookStore webhooks;
    private final EventHistory history;
    private final EventLog events;
    private final WebhookReceiver receiver;
    private final Executor background;
    private final Timing timing;
    private final InstantSource clock;
    private final RandomGenerator random;

    public DeliverWebhooks(
            UnitOfWork unitOfWork,
            WebhookStore webhooks,
            EventHistory history,
            EventLog events,
            WebhookReceiver receiver,
            Executor background,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.webhooks = webhooks;
        this.history = history;
        this.events = events;
        this.receiver = receiver;
        this.background = background;
        this.timing = timing;
        this.clock = clock;
        this.random = random;
    }

    /** Begins to send what is to be sent, and returns. Meant to be called every second. */
    public void handle() {
        RunId run = RunId.random(random);
        // What has not settled is for the next turn: a writer that hangs holds nothing else up.
        webhooks.take(history.certain(), run, timing.lease())
                .forEach(due -> background.execute(() -> run(due, run)));
    }

    private void run(Standing due, RunId run) {
        try {
            attempt(due, run);
        } catch (StoreUnavailableException e) {
            // The lease ends by itself; what was sent since the last note is sent again.
            LOGGER.log(Level.DEBUG, "A webhook waits for the database");
        }
    }

    private void attempt(Standing due, RunId run) {
        WebhookId id = due.webhook().id();
        try {
            webhooks.secrets(id).ifPresent(secrets -> deliver(due, secrets, run));
        } catch (StoreUnavailableException e) {
            throw e;
        } catch (RuntimeException e) {
            // Such as a secret whose encryption key is lost: to be seen where it stands, and no
            // reason to try every second.
            LOGGER.log(Level.ERROR, "The webhook " + id + " cannot be sent to", e);
            fail(id, run, "internal_error", delayAfter(due.attempts(), Optional.empty()));
        }
    }

    private void deliver(Standing due, SigningSecrets secrets, RunId run) {
        AuditFilter wanted = AuditFilter.ofTypes(due.webhook().types());
        WebhookId id = due.webhook().id();
        long position = due.position();
        int attempts = due.attempts();
        EventHistory.Page page;
        do {
            page = history.after(position, wanted, BATCH);
            for (AuditRecord event : page.records()) {
                if (!send(due, secrets, attempts, event, run)) {
                    return;
                }
                attempts = 0;
            }
            position = page.upTo();
            if (!webhooks.advance(id, run, position, false, timing.lease())) {
                return;
            }
        } while (page.records().size() == BATCH);
        webhooks.release(id, run);
    }

    /** Whether it was taken, so that the next one may be sent. */
    private boolean send(
            Standing due, SigningSecrets secrets, int attempts, AuditRecord event, RunId run) {
        WebhookId id = due.webhook().id();
        Budget budget = Budget.of(timing.tokenCall());
        return switch (receiver.send(due.webhook(), secrets, event, budget)) {
            case Answer.Taken taken ->
                    webhooks.advance(id, run, event.number(), true, timing.lease());
            case Answer.NotTaken refused -> {
                fail(id, run, refused.code(), delayAfter(attempts, refused.retryAfter()));
                yield false;
            }
            case Answer.Gone gone -> {
                fail(id, run, "gone", Optional.empty());
                yield false;
            }
        };
    }

    private void fail(WebhookId id, RunId run, String code, Optional<Duration> delay) {
        unitOfWork.run(() -> {
            if (webhooks.fail(id, run, code, delay) && delay.isEmpty()) {
                events.append(new WebhookDisabled(id, code, clock.instant()));
            }
        });
    }

    /** With jitter, so that a receiver that comes back is not met by everybody at once. */
    private Optional<Duration> delayAfter(int attempts, Optional<Duration> asked) {
        if (attempts >= DELAYS.size()) {
            return Optional.empty();
        }
        long delay = DELAYS.get(attempts).toMillis();
        Duration jittered = Duration.ofMillis(delay + random.nextLong(delay / 5 + 1));
        return asked.filter(wait -> wait.compareTo(jittered) > 0).or(() -> Optional.of(jittered));
    }
}
