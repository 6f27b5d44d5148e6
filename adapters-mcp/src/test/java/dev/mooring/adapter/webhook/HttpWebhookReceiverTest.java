package dev.mooring.adapter.webhook;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundAllow;
import dev.mooring.adapter.http.OutboundSettings;
import dev.mooring.application.fixture.MutableClock;
import dev.mooring.application.fixture.Webhooks;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.WebhookReceiver.Answer;
import dev.mooring.domain.audit.ActingParty;
import dev.mooring.domain.audit.Actor;
import dev.mooring.domain.audit.AuditEntry;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.client.ClientId;
import dev.mooring.domain.lifecycle.ClientEvent;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.Webhook;
import dev.mooring.party.LoopbackServer;
import dev.mooring.party.Received;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

class HttpWebhookReceiverTest {
    private static final AuditRecord EVENT =
            new AuditRecord(
                    4711,
                    AuditEntry.of(
                            new ClientEvent.ClientConnected(
                                    new ClientId("mcp_1"), 3, MutableClock.START)),
                    ActingParty.local(Actor.service("a schedule")));

    private static final SigningSecrets SECRETS = Webhooks.secretsOf("siem");

    private final MutableClock clock = new MutableClock();
    private final AtomicInteger status = new AtomicInteger(204);
    private final LoopbackServer server =
            LoopbackServer.start(request -> dev.mooring.party.Answer.empty(status.get()));
    private final GuardedHttp allowing = http("localhost");
    private final GuardedHttp strict = http("elsewhere.example");

    private static GuardedHttp http(String allowed) {
        return new GuardedHttp(OutboundSettings.of(OutboundAllow.parse(allowed), "Mooring/test"));
    }

    @AfterEach
    void stop() {
        allowing.close();
        strict.close();
        server.close();
    }

    private Webhook webhook() {
        Webhook any = Webhooks.of("siem");
        return new Webhook(
                any.id(),
                any.name(),
                URI.create(server.origin() + "/hook"),
                Set.of(),
                any.createdAt());
    }

    private Answer send(GuardedHttp http) {
        return new HttpWebhookReceiver(http, clock)
                .send(webhook(), SECRETS, EVENT, Budget.of(Duration.ofSeconds(30)));
    }

    @Test
    void messageTellsWhatHappenedAndNotWhoDidIt() {
        assertThat(send(allowing)).isEqualTo(new Answer.Taken());

        Received message = server.received().getFirst();
        assertThat(message.body())
                .isEqualTo(
                        """
                        {"type":"client_connected","timestamp":"2026-11-01T12:00:00Z",\
                        "data":{"id":4711,"client_id":"mcp_1","outcome":"success",\
                        "details":{"tools":3}}}\
                        """);
        assertThat(message.header("webhook-timestamp"))
                .contains(Long.toString(MutableClock.START.getEpochSecond()));
        assertThat(message.header("content-type")).contains("application/json");
        assertThat(message.header("webhook-signature"))
                .contains(
                        new SignedMessage(
                                        message.header("webhook-id").orElseThrow(),
                                        MutableClock.START.getEpochSecond(),
                                        message.body())
                                .signatures(List.of(SECRETS.current())));
    }

    @Test
    void placeThatMayNotBeCalledIsObjectedToBeforeAnythingIsSent() {
        assertThat(objection(strict, webhook().url().toString()).orElseThrow())
                .contains("is refused", "localhost")
                .doesNotContain("/hook");
        assertThat(objection(strict, "https://10.0.0.1/hook")).isPresent();
        assertThat(objection(allowing, webhook().url().toString())).isEmpty();
        assertThat(server.received()).isEmpty();
    }

    private Optional<String> objection(GuardedHttp http, String url) {
        return new HttpWebhookReceiver(http, clock)
                .objectionTo(URI.create(url), Budget.of(Duration.ofSeconds(30)));
    }

    @ParameterizedTest
    @CsvSource({"302, status_302", "404, status_404", "429, status_429", "500, status_500"})
    void whateverIsNoSuccessIsNotTaken(int answered, String code) {
        status.set(answered);
        assertThat(send(allowing)).isEqualTo(new Answer.NotTaken(code, Optional.empty()));
        assertThat(server.received()).hasSize(1);
    }

    @Test
    void goneIsGone() {
        status.set(410);
        assertThat(send(allowing)).isEqualTo(new Answer.Gone());
    }

    @Test
    void addressThatIsNotAllowedIsNotCalled() {
        assertThat(send(strict))
                .isEqualTo(new Answer.NotTaken("refused_by_guard", Optional.empty()));
        assertThat(server.received()).isEmpty();
    }

    @Test
    void receiverThatIsAwayIsSaidSo() {
        server.close();
        assertThat(send(allowing))
                .isEqualTo(new Answer.NotTaken("connect_failed", Optional.empty()));
    }
}
