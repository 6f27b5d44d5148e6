package dev.mooring.application;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.application.fixture.Events;
import dev.mooring.application.fixture.Eventually;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.SeededRandom;
import dev.mooring.application.fixture.Webhooks;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.InMemoryDatabase;
import dev.mooring.application.port.InMemoryEventLog;
import dev.mooring.application.port.InMemoryWebhookStore;
import dev.mooring.application.port.WebhookReceiver;
import dev.mooring.application.port.WebhookStore.Standing;
import dev.mooring.domain.InvalidValueException;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.Webhook;

import org.junit.jupiter.api.Test;

import java.net.URI;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

class DeliverWebhooksTest {
    private static final Webhook ONE = Webhooks.of("one");
    private static final Webhook TWO = Webhooks.of("two", "client_removed");

    private final MutableClock clock = new MutableClock();
    private final InMemoryDatabase database = new InMemoryDatabase(clock);
    private final InMemoryEventLog log = new InMemoryEventLog(database);
    private final InMemoryWebhookStore store = new InMemoryWebhookStore(database);
    private final Receiver receiver = new Receiver();
    private final DeliverWebhooks deliver = deliver(Runnable::run);
    private final KeepWebhooks keep =
            new KeepWebhooks(
                    database,
                    store,
                    log,
                    log,
                    receiver,
                    Timing.DEFAULT,
                    clock,
                    new SeededRandom(2));

    /** Answers as it was told, and then takes everything. */
    private static final class Receiver implements WebhookReceiver {
        final Map<String, List<String>> sent = new ConcurrentHashMap<>();
        final Map<String, Deque<Answer>> answers = new HashMap<>();

        /** Where sending to one of them hangs. */
        final Map<String, CountDownLatch> gates = new ConcurrentHashMap<>();

        String broken = "";

        @Override
        public Optional<String> objectionTo(URI url, Budget budget) {
            return Optional.empty();
        }

        @Override
        public Answer send(
                Webhook webhook, SigningSecrets secrets, AuditRecord event, Budget budget) {
            gate(webhook);
            if (webhook.name().equals(broken)) {
                throw new IllegalStateException("Its secret does not open");
            }
            sent.computeIfAbsent(webhook.name(), name -> new ArrayList<>())
                    .add(event.entry().type());
            return Optional.ofNullable(answers.get(webhook.name()))
                    .map(Deque::poll)
                    .orElseGet(Answer.Taken::new);
        }

        private void gate(Webhook webhook) {
            CountDownLatch gate = gates.get(webhook.name());
            if (gate != null) {
                try {
                    gate.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            }
        }

        void refuse(Webhook webhook, int times) {
            Deque<Answer> refusals = new ArrayDeque<>();
            for (int i = 0; i < times; i++) {
                refusals.add(new Answer.NotTaken("status_500", Optional.empty()));
            }
            answers.put(webhook.name(), refusals);
        }

        List<String> to(Webhook webhook) {
            return sent.getOrDefault(webhook.name(), List.of());
        }
    }

    private DeliverWebhooks deliver(Executor background) {
        return new DeliverWebhooks(
                database,
                store,
                log,
                log,
                receiver,
                background,
                Timing.DEFAULT,
                clock,
                new SeededRandom(1));
    }

    private void live() {
        ClientId id = new ClientId("id");
        log.append(Events.registered(id, clock.instant()));
        log.append(Events.removed(id, clock.instant()));
    }

    private Standing standing(Webhook webhook) {
        return store.find(webhook.id()).orElseThrow();
    }

    @Test
    void eachIsToldWhatItWantsInOrderAndOnce() {
        store.insert(ONE, Webhooks.secretsOf("one"), 0);
        store.insert(TWO, Webhooks.secretsOf("two"), 0);
        live();
        deliver.handle();
        deliver.handle();
        assertThat(receiver.to(ONE)).containsExactly("client_registered", "client_removed");
        assertThat(receiver.to(TWO)).containsExactly("client_removed");
        assertThat(standing(TWO).position()).isEqualTo(log.settled());
    }

    @Test
    void whatIsNotTakenIsSentAgainLaterAndHoldsUpNobodyElse() {
        store.insert(ONE, Webhooks.secretsOf("one"), 0);
        store.insert(TWO, Webhooks.secretsOf("two"), 0);
        receiver.refuse(ONE, 2);
        live();
        deliver.handle();
        deliver.handle();
        assertThat(receiver.to(ONE)).containsExactly("client_registered");
        assertThat(receiver.to(TWO)).containsExactly("client_removed");

        clock.advance(Duration.ofSeconds(2));
        deliver.handle();
        clock.advance(Duration.ofSeconds(2));
        deliver.handle();
        assertThat(receiver.to(ONE)).hasSize(2);
        clock.advance(Duration.ofSeconds(5));
        deliver.handle();

        assertThat(receiver.to(ONE))
                .containsExactly(
                        "client_registered",
                        "client_registered",
                        "client_registered",
                        "client_removed");
        assertThat(standing(ONE).attempts()).isZero();
    }

    @Test
    void whatWasTakenBeginsTheDelaysAnew() {
        store.insert(ONE, Webhooks.secretsOf("one"), 0);
        WebhookReceiver.Answer refused =
                new WebhookReceiver.Answer.NotTaken("status_500", Optional.empty());
        receiver.answers.put(
                "one",
                new ArrayDeque<>(
                        List.of(refused, refused, new WebhookReceiver.Answer.Taken(), refused)));
        live();
        deliver.handle();
        clock.advance(Duration.ofSeconds(2));
        deliver.handle();
        clock.advance(Duration.ofSeconds(6));
        deliver.handle();
        assertThat(receiver.to(ONE)).hasSize(4).endsWith("client_removed");

        clock.advance(Duration.ofSeconds(2));
        deliver.handle();
        assertThat(receiver.to(ONE)).hasSize(5);
    }

    @Test
    void aLongPastIsToldAtOnce() {
        store.insert(ONE, Webhooks.secretsOf("one"), 0);
        for (int i = 0; i < 25; i++) {
            live();
        }
        deliver.handle();
        assertThat(receiver.to(ONE)).hasSize(50);
    }

    @Test
    void whoTakesNothingForDaysIsDisabledAndGoesOnWhereItStoppedWhenAsked() {
        store.insert(ONE, Webhooks.secretsOf("one"), 0);
        receiver.refuse(ONE, 12);
        live();
        Duration tried = Duration.ZERO;
        while (!standing(ONE).disabled()) {
            deliver.handle();
            clock.advance(Duration.ofHours(1));
            tried = tried.plusHours(1);
        }
        assertThat(tried).isBetween(Duration.ofDays(3), Duration.ofDays(5));
        assertThat(receiver.to(ONE)).hasSize(12).containsOnly("client_registered");
        assertThat(database.trail().getLast().entry().type()).isEqualTo("webhook_disabled");

        assertThat(keep.replay(ONE.id(), new KeepWebhooks.Start.Here())).isTrue();
        deliver.handle();
        assertThat(receiver.to(ONE).subList(12, 16))
                .containsExactly(
                        "client_registered",
                        "client_removed",
                        "webhook_disabled",
                        "webhook_replayed");
    }

    @Test
    void whoKeepsUsWaitingHoldsUpNobodyElse() {
        store.insert(ONE, Webhooks.secretsOf("one"), 0);
        store.insert(TWO, Webhooks.secretsOf("two"), 0);
        live();
        List<Runnable> underWay = new ArrayList<>();
        DeliverWebhooks waiting = deliver(underWay::add);
        waiting.handle();
        assertThat(underWay).hasSize(2);

        underWay.getLast().run();
        assertThat(receiver.to(TWO)).containsExactly("client_removed");
        live();
        waiting.handle();
        assertThat(underWay).as("the first is with its run still").hasSize(3);
        underWay.getLast().run();
        assertThat(receiver.to(TWO)).hasSize(2);
        assertThat(receiver.to(ONE)).isEmpty();
    }

    @Test
    void oneThatCannotBeSentToIsSeenToFailAndHoldsUpNobodyElse() {
        store.insert(ONE, Webhooks.secretsOf("one"), 0);
        store.insert(TWO, Webhooks.secretsOf("two"), 0);
        receiver.broken = "one";
        live();
        deliver.handle();
        assertThat(receiver.to(TWO)).containsExactly("client_removed");
        assertThat(standing(ONE).failureCode()).contains("internal_error");
        assertThat(standing(ONE).attempts()).isEqualTo(1);

        receiver.broken = "";
        deliver.handle();
        assertThat(receiver.to(ONE)).as("not before its delay").isEmpty();
        clock.advance(Duration.ofSeconds(2));
        deliver.handle();
        assertThat(receiver.to(ONE)).containsExactly("client_registered", "client_removed");
    }

    @Test
    void whoIsGoneIsNotAskedAgain() {
        store.insert(ONE, Webhooks.secretsOf("one"), 0);
        receiver.answers.put("one", new ArrayDeque<>(List.of(new WebhookReceiver.Answer.Gone())));
        live();
        deliver.handle();
        deliver.handle();
        assertThat(receiver.to(ONE)).hasSize(1);
        assertThat(standing(ONE).disabled()).isTrue();
        assertThat(standing(ONE).failureCode()).contains("gone");
    }

    @Test
    void receiverThatHangsHoldsUpNobodyElse() {
        store.insert(ONE, Webhooks.secretsOf("one"), 0);
        store.insert(TWO, Webhooks.secretsOf("two"), 0);
        CountDownLatch gate = new CountDownLatch(1);
        receiver.gates.put("one", gate);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            DeliverWebhooks side = deliver(threads);
            for (int i = 1; i <= 3; i++) {
                int told = i;
                live();
                side.handle();
                Eventually.holds("it is told", () -> receiver.to(TWO).size() == told);
                Eventually.holds("it is noted", () -> standing(TWO).position() == log.settled());
            }
            assertThat(receiver.to(ONE)).isEmpty();

            gate.countDown();
            Eventually.holds(
                    "all is told",
                    () -> {
                        side.handle();
                        return receiver.to(ONE).size() == 6;
                    });
        }
    }

    @Test
    void whoWantsToBeLeftAloneIs() {
        store.insert(ONE, Webhooks.secretsOf("one"), 0);
        receiver.answers.put(
                "one",
                new ArrayDeque<>(
                        List.of(
                                new WebhookReceiver.Answer.NotTaken(
                                        "status_503", Optional.of(Duration.ofMinutes(10))))));
        live();
        deliver.handle();
        clock.advance(Duration.ofMinutes(9));
        deliver.handle();
        assertThat(receiver.to(ONE)).hasSize(1);
        clock.advance(Duration.ofMinutes(1));
        deliver.handle();
        assertThat(receiver.to(ONE)).hasSize(3);
    }

    @Test
    void replayBeginsWithTheEventThatIsAskedFor() {
        live();
        clock.advance(Duration.ofHours(1));
        KeepWebhooks.Shown shown =
                keep.create("siem", ONE.url(), Set.of("client_removed")).orElseThrow();
        Webhook made = shown.webhook();
        live();
        deliver.handle();
        assertThat(receiver.to(made)).hasSize(1);

        keep.replay(made.id(), new KeepWebhooks.Start.After(0));
        deliver.handle();
        assertThat(receiver.to(made)).hasSize(3);
        keep.replay(made.id(), new KeepWebhooks.Start.Since(clock.instant()));
        deliver.handle();
        assertThat(receiver.to(made)).hasSize(4);
        assertThat(database.trail().toString()).doesNotContain(shown.secret().value());
    }

    @Test
    void replayBeginsWithTheFirstEventOfThatTime() {
        store.insert(ONE, Webhooks.secretsOf("one"), 0);
        live();
        clock.advance(Duration.ofHours(1));
        live();
        deliver.handle();
        assertThat(receiver.to(ONE)).hasSize(4);

        keep.replay(ONE.id(), new KeepWebhooks.Start.Since(clock.instant()));
        deliver.handle();
        assertThat(receiver.to(ONE).subList(4, 7))
                .containsExactly("client_registered", "client_removed", "webhook_replayed");
    }

    @Test
    void whoIsToGoOnAfterWhatHasNotHappenedYetMissesNothing() {
        store.insert(TWO, Webhooks.secretsOf("two"), 0);
        keep.replay(TWO.id(), new KeepWebhooks.Start.After(1_000_000));
        live();
        deliver.handle();
        assertThat(receiver.to(TWO)).containsExactly("client_removed");
    }

    @Test
    void thereAreNotAsManyAsAnybodyLikes() {
        for (int i = 0; i < 50; i++) {
            assertThat(keep.create("hook" + i, ONE.url(), Set.of())).isPresent();
        }
        assertThatThrownBy(() -> keep.create("another", ONE.url(), Set.of()))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("50");
        assertThat(keep.list()).hasSize(50);
    }
}
