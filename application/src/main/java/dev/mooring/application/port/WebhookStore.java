package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.Webhook;
import dev.mooring.domain.webhook.WebhookId;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * Keeps webhooks, their secrets encrypted, and how far in the history of events each of them is.
 * Whoever sends to one holds its lease, judged by the store's clock.
 */
public interface WebhookStore {
    /**
     * How a webhook stands.
     *
     * @param position the number of the event up to which everything was taken
     * @param disabled whether nothing is sent until somebody asks for it
     * @param attempts how often in a row the next event was not taken
     */
    record Standing(
            Webhook webhook,
            long position,
            boolean disabled,
            int attempts,
            Optional<Instant> failingSince,
            Optional<String> failureCode,
            Optional<Instant> lastSuccessAt) {}

    /** Adds one that gets what comes after a number; false when its name is taken. */
    boolean insert(Webhook webhook, SigningSecrets secrets, long position);

    /** All of them, in the order in which they were made. */
    List<Standing> list();

    Optional<Standing> find(WebhookId id);

    boolean delete(WebhookId id);

    /**
     * Its secrets, which nothing else here reads: one that cannot be read is in nobody's way.
     *
     * @throws SecretLostException if one of them does not open
     */
    Optional<SigningSecrets> secrets(WebhookId id);

    /** Stores its secrets; false when it is gone. */
    boolean storeSecrets(WebhookId id, SigningSecrets secrets);

    /**
     * Has it sent to again at once, also when it was disabled, from a position if one is given;
     * false when it is gone.
     */
    boolean resume(WebhookId id, Optional<Long> position);

    /** Takes those that are due and behind a number; nobody else gets them for {@code lease}. */
    List<Standing> take(long newest, RunId run, Duration lease);

    /**
     * Everything up to a number was taken, or was not for it. Goes on with the lease.
     *
     * @param sent whether something was sent
     * @return false if the lease was lost, so that this must be the end of the run
     */
    boolean advance(WebhookId id, RunId run, long position, boolean sent, Duration lease);

    /** The run ends with nothing left to send. */
    void release(WebhookId id, RunId run);

    /**
     * The run ends with an event that was not taken.
     *
     * @param delay until it is tried again; absent: it is disabled
     * @return false if the lease was lost, so that somebody else decides
     */
    boolean fail(WebhookId id, RunId run, String code, Optional<Duration> delay);
}
