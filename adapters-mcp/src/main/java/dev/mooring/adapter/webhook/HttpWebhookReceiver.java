package dev.mooring.adapter.webhook;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

import dev.mooring.adapter.http.Body;
import dev.mooring.adapter.http.CallLimits;
import dev.mooring.adapter.http.GuardedHttp;
import dev.mooring.adapter.http.OutboundAnswer;
import dev.mooring.adapter.http.OutboundException;
import dev.mooring.adapter.http.OutboundRequest;
import dev.mooring.application.port.Budget;
import dev.mooring.application.port.WebhookReceiver;
import dev.mooring.domain.audit.AuditEntry;
import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.audit.Detail;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.Webhook;

import java.net.URI;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Locale;
import java.util.Optional;

/** Webhooks over HTTP. What a receiver answers beyond its status is not looked at. */
public final class HttpWebhookReceiver implements WebhookReceiver {
    private static final int GONE = 410;
    private static final long MOST_BODY_BYTES = 64 * 1024;

    private static final JsonMapper MAPPER = new JsonMapper();

    private final GuardedHttp http;
    private final InstantSource clock;

    public HttpWebhookReceiver(GuardedHttp http, InstantSource clock) {
        this.http = http;
        this.clock = clock;
    }

    /** A name that cannot be looked up now may be when there is something to send. */
    @Override
    public Optional<String> objectionTo(URI url, Budget budget) {
        try {
            http.requireAllowed(url, budget);
            return Optional.empty();
        } catch (OutboundException e) {
            return Optional.of(e)
                    .filter(why -> why.reason() == OutboundException.Reason.REFUSED_BY_GUARD)
                    .map(OutboundException::getMessage);
        }
    }

    @Override
    public Answer send(Webhook webhook, SigningSecrets secrets, AuditRecord event, Budget budget) {
        Instant now = clock.instant();
        SignedMessage message = SignedMessage.of(webhook.id(), event, now, body(event));
        OutboundRequest request =
                OutboundRequest.post(webhook.url(), "application/json", Body.of(message.body()))
                        .withHeader("webhook-id", message.id())
                        .withHeader("webhook-timestamp", Long.toString(message.timestamp()))
                        .withHeader("webhook-signature", message.signatures(secrets.at(now)))
                        .withLimits(CallLimits.DEFAULT.withBodyBytes(MOST_BODY_BYTES))
                        .withBudget(budget);
        try {
            return read(http.send(request));
        } catch (OutboundException e) {
            return new Answer.NotTaken(
                    e.reason().name().toLowerCase(Locale.ROOT), Optional.empty());
        }
    }

    private Answer read(OutboundAnswer answer) {
        int status = answer.status();
        if (status >= 200 && status < 300) {
            return new Answer.Taken();
        }
        // Standard Webhooks: 410 asks us to stop for good.
        return status == GONE
                ? new Answer.Gone()
                : new Answer.NotTaken("status_" + status, answer.retryAfter(clock));
    }

    private static String body(AuditRecord event) {
        AuditEntry entry = event.entry();
        ObjectNode message = MAPPER.createObjectNode();
        message.put("type", entry.type());
        message.put("timestamp", entry.at().toString());
        ObjectNode data = message.putObject("data");
        data.put("id", event.number());
        entry.client().ifPresent(client -> data.put("client_id", client.value()));
        data.put("outcome", entry.outcome().word());
        entry.outcome().reason().ifPresent(code -> data.put("code", code));
        ObjectNode details = data.putObject("details");
        for (Detail detail : entry.details()) {
            switch (detail) {
                case Detail.Text text -> details.put(text.name(), text.value());
                case Detail.Count count -> details.put(count.name(), count.value());
                case Detail.Words words -> {
                    ArrayNode array = details.putArray(words.name());
                    words.values().forEach(array::add);
                }
            }
        }
        return message.toString();
    }
}
