package dev.mooring.application.port;

import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.Webhook;

import java.net.URI;
import java.util.Optional;

/** Takes everything, but nothing may be sent over plain http. */
public final class WillingWebhookReceiver implements WebhookReceiver {
    @Override
    public Optional<String> objectionTo(URI url, Budget budget) {
        return url.getScheme().equals("https")
                ? Optional.empty()
                : Optional.of("only https will do");
    }

    @Override
    public Answer send(Webhook webhook, SigningSecrets secrets, AuditRecord event, Budget budget) {
        return new Answer.Taken();
    }
}
