package dev.mooring.application;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.application.port.Budget;
import dev.mooring.application.port.EventHistory;
import dev.mooring.application.port.EventLog;
import dev.mooring.application.port.SecretLostException;
import dev.mooring.application.port.UnitOfWork;
import dev.mooring.application.port.WebhookReceiver;
import dev.mooring.application.port.WebhookStore;
import dev.mooring.application.port.WebhookStore.Standing;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.audit.AdministrativeEvent.WebhookDeleted;
import dev.mooring.domain.audit.AdministrativeEvent.WebhookMade;
import dev.mooring.domain.audit.AdministrativeEvent.WebhookReplayed;
import dev.mooring.domain.audit.AdministrativeEvent.WebhookSecretRotated;
import dev.mooring.domain.audit.AuditFilter;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.Webhook;
import dev.mooring.domain.webhook.WebhookId;
import dev.mooring.domain.webhook.WebhookSecret;

import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;

/** Makes, lists, rotates, replays and deletes webhooks. A secret is shown once. */
public final class KeepWebhooks {
    private static final int MOST = 50;

    private final UnitOfWork unitOfWork;
    private final WebhookStore webhooks;
    private final EventHistory history;
    private final EventLog events;
    private final WebhookReceiver receiver;
    private final Timing timing;
    private final InstantSource clock;
    private final RandomGenerator random;

    public KeepWebhooks(
            UnitOfWork unitOfWork,
            WebhookStore webhooks,
            EventHistory history,
            EventLog events,
            WebhookReceiver receiver,
            Timing timing,
            InstantSource clock,
            RandomGenerator random) {
        this.unitOfWork = unitOfWork;
        this.webhooks = webhooks;
        this.history = history;
        this.events = events;
        this.receiver = receiver;
        this.timing = timing;
        this.clock = clock;
        this.random = random;
    }

    /** A webhook with the secret that is shown this once. */
    public record Shown(Webhook webhook, WebhookSecret secret) {}

    /**
     * Makes one that is told of whatever happens from now on; empty when its name is taken.
     *
     * @param types the words of the event types that it gets; empty: all of them
     * @throws InvalidValueException naming the field that is wrong
     */
    public Optional<Shown> create(String name, URI url, Set<String> types) {
        Instant now = clock.instant();
        Webhook made = new Webhook(WebhookId.random(random), name, url, types, now);
        WebhookSecret secret = WebhookSecret.random(random);
        receiver.objectionTo(url, Budget.of(timing.tokenCall()))
                .ifPresent(why -> {
                    throw new InvalidValueException("url", why);
                });
        long position = history.settled();
        return unitOfWork.execute(() -> {
            require(webhooks.list().size() < MOST, "name", "there are 50 webhooks already");
            if (!webhooks.insert(made, SigningSecrets.of(secret), position)) {
                return Optional.empty();
            }
            events.append(new WebhookMade(made.id(), name, now));
            return Optional.of(new Shown(made, secret));
        });
    }

    /** All of them; their secrets are for nobody. */
    public List<Standing> list() {
        return webhooks.list();
    }

    /** False when there is no such webhook. */
    public boolean delete(WebhookId id) {
        return unitOfWork.execute(() -> {
            boolean deleted = webhooks.delete(id);
            if (deleted) {
                events.append(new WebhookDeleted(id, clock.instant()));
            }
            return deleted;
        });
    }

    /**
     * Gives it another secret; the present one signs as well for a day, unless it is lost: then the
     * receiver has to be told the other one at once.
     */
    public Optional<Shown> rotate(WebhookId id) {
        Instant now = clock.instant();
        return unitOfWork.execute(() -> {
            Optional<SigningSecrets> rotated =
                    Optional.of(rotated(id, WebhookSecret.random(random), now))
                            .filter(secrets -> webhooks.storeSecrets(id, secrets));
            rotated.ifPresent(secrets -> events.append(new WebhookSecretRotated(id, now)));
            return rotated.flatMap(secrets ->
                    webhooks.find(id).map(known -> new Shown(known.webhook(), secrets.current())));
        });
    }

    private SigningSecrets rotated(WebhookId id, WebhookSecret fresh, Instant now) {
        SigningSecrets alone = SigningSecrets.of(fresh);
        try {
            return webhooks.secrets(id).map(known -> known.rotated(fresh, now)).orElse(alone);
        } catch (SecretLostException lost) {
            return alone;
        }
    }

    /** From where on events are to be sent again. */
    public sealed interface Start {
        /** From where it stands: only try again at once. */
        record Here() implements Start {}

        /** After the event of this number. */
        record After(long number) implements Start {}

        /** With the first event that happened at this instant or later. */
        record Since(Instant instant) implements Start {}
    }

    /** Sends again, also to one that was disabled; false when there is no such webhook. */
    public boolean replay(WebhookId id, Start start) {
        Optional<Long> position =
                switch (start) {
                    case Start.Here here -> Optional.empty();
                    case Start.After after -> Optional.of(Math.min(after.number(), newest()));
                    case Start.Since since -> Optional.of(before(since.instant()));
                };
        return unitOfWork.execute(() -> {
            Optional<Standing> known = webhooks.find(id);
            boolean resumed = known.isPresent() && webhooks.resume(id, position);
            if (resumed) {
                long from = position.orElse(known.get().position());
                events.append(new WebhookReplayed(id, from, clock.instant()));
            }
            return resumed;
        });
    }

    private long newest() {
        return history.settled();
    }

    private long before(Instant instant) {
        AuditFilter since =
                new AuditFilter(
                        Optional.empty(),
                        Optional.empty(),
                        Set.of(),
                        Optional.empty(),
                        Optional.of(instant),
                        Optional.empty());
        List<AuditRecord> first = history.after(0, since, 1).records();
        return first.isEmpty() ? newest() : first.getFirst().number() - 1;
    }
}
