package dev.mooring.application.port;

import dev.mooring.domain.lifecycle.RunId;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.Webhook;
import dev.mooring.domain.webhook.WebhookId;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** Webhooks in memory. */
public final class InMemoryWebhookStore implements WebhookStore {
    private final InMemoryDatabase database;

    public InMemoryWebhookStore(InMemoryDatabase database) {
        this.database = database;
    }

    /** How one stands, when it is due, and who has it until when. */
    record Kept(
            Standing standing,
            SigningSecrets secrets,
            Instant dueAt,
            Optional<RunId> run,
            Instant leaseUntil) {
        Kept with(Standing other) {
            return new Kept(other, secrets, dueAt, run, leaseUntil);
        }

        Kept heldBy(RunId holder, Instant until) {
            return new Kept(standing, secrets, dueAt, Optional.of(holder), until);
        }

        Kept free(Instant due) {
            return new Kept(standing, secrets, due, Optional.empty(), Instant.MIN);
        }
    }

    @Override
    public boolean insert(Webhook webhook, SigningSecrets secrets, long position) {
        return database.execute(() -> {
            boolean free =
                    list().stream().noneMatch(each -> each.webhook().name().equals(webhook.name()));
            if (free) {
                database.tables()
                        .webhooks
                        .put(
                                webhook.id(),
                                new Kept(
                                        new Standing(
                                                webhook,
                                                position,
                                                false,
                                                0,
                                                Optional.empty(),
                                                Optional.empty(),
                                                Optional.empty()),
                                        secrets,
                                        database.now(),
                                        Optional.empty(),
                                        Instant.MIN));
            }
            return free;
        });
    }

    @Override
    public List<Standing> list() {
        return database.execute(
                () -> database.tables().webhooks.values().stream().map(Kept::standing).toList());
    }

    @Override
    public Optional<Standing> find(WebhookId id) {
        return list().stream().filter(each -> each.webhook().id().equals(id)).findFirst();
    }

    @Override
    public boolean delete(WebhookId id) {
        return database.execute(() -> database.tables().webhooks.remove(id) != null);
    }

    @Override
    public Optional<SigningSecrets> secrets(WebhookId id) {
        return database.execute(
                () -> Optional.ofNullable(database.tables().webhooks.get(id)).map(Kept::secrets));
    }

    @Override
    public boolean storeSecrets(WebhookId id, SigningSecrets secrets) {
        return change(
                id,
                kept ->
                        new Kept(
                                kept.standing(),
                                secrets,
                                kept.dueAt(),
                                kept.run(),
                                kept.leaseUntil()));
    }

    @Override
    public boolean resume(WebhookId id, Optional<Long> position) {
        return change(
                id,
                kept ->
                        kept.with(
                                        well(
                                                kept.standing(),
                                                position.orElse(kept.standing().position())))
                                .free(database.now()));
    }

    private static Standing well(Standing was, long position) {
        return new Standing(
                was.webhook(),
                position,
                false,
                0,
                Optional.empty(),
                Optional.empty(),
                was.lastSuccessAt());
    }

    @Override
    public List<Standing> take(long newest, RunId run, Duration lease) {
        return database.execute(() -> {
            Instant now = database.now();
            List<Kept> due =
                    database.tables().webhooks.values().stream()
                            .filter(kept ->
                                    !kept.standing().disabled()
                                            && kept.standing().position() < newest
                                            && !kept.dueAt().isAfter(now)
                                            && !kept.leaseUntil().isAfter(now))
                            .toList();
            List<Standing> taken = new ArrayList<>();
            for (Kept kept : due) {
                change(kept.standing().webhook().id(), k -> k.heldBy(run, now.plus(lease)));
                taken.add(kept.standing());
            }
            return taken;
        });
    }

    @Override
    public boolean advance(WebhookId id, RunId run, long position, boolean sent, Duration lease) {
        return changeHeld(
                id,
                run,
                kept -> {
                    Standing was = kept.standing();
                    long further = Math.max(was.position(), position);
                    Standing moved = well(was, further);
                    Standing is =
                            sent
                                    ? new Standing(
                                            moved.webhook(),
                                            further,
                                            false,
                                            0,
                                            Optional.empty(),
                                            Optional.empty(),
                                            Optional.of(database.now()))
                                    : new Standing(
                                            was.webhook(),
                                            further,
                                            was.disabled(),
                                            was.attempts(),
                                            was.failingSince(),
                                            was.failureCode(),
                                            was.lastSuccessAt());
                    return kept.with(is).heldBy(run, database.now().plus(lease));
                });
    }

    @Override
    public void release(WebhookId id, RunId run) {
        changeHeld(id, run, kept -> kept.free(kept.dueAt()));
    }

    @Override
    public boolean fail(WebhookId id, RunId run, String code, Optional<Duration> delay) {
        return changeHeld(
                id,
                run,
                kept -> {
                    Standing was = kept.standing();
                    return kept.with(
                                    new Standing(
                                            was.webhook(),
                                            was.position(),
                                            delay.isEmpty(),
                                            was.attempts() + 1,
                                            was.failingSince()
                                                    .or(() -> Optional.of(database.now())),
                                            Optional.of(code),
                                            was.lastSuccessAt()))
                            .free(database.now().plus(delay.orElse(Duration.ZERO)));
                });
    }

    private boolean changeHeld(WebhookId id, RunId run, UnaryOperator<Kept> change) {
        return database.execute(() ->
                Optional.ofNullable(database.tables().webhooks.get(id))
                                .filter(kept -> kept.run().equals(Optional.of(run)))
                                .isPresent()
                        && change(id, change));
    }

    private boolean change(WebhookId id, UnaryOperator<Kept> change) {
        return database.execute(() ->
                database.tables().webhooks.computeIfPresent(id, (key, kept) -> change.apply(kept))
                        != null);
    }
}
