package dev.mooring.application.port;

import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.webhook.SigningSecrets;
import dev.mooring.domain.webhook.Webhook;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;

/** Sends a signed message to who wants to be told of events (Standard Webhooks). */
public interface WebhookReceiver {
    /**
     * Why nothing may be sent there, whoever answers; empty as long as nobody knows of a reason.
     *
     * @return a sentence for the person who entered the URL
     */
    Optional<String> objectionTo(URI url, Budget budget);

    Answer send(Webhook webhook, SigningSecrets secrets, AuditRecord event, Budget budget);

    /** What became of it. */
    sealed interface Answer {
        record Taken() implements Answer {}

        /**
         * Not taken this time.
         *
         * @param code for machines: {@code status_500}, or why there was no answer
         * @param retryAfter how long the receiver wants to be left alone
         */
        record NotTaken(String code, Optional<Duration> retryAfter) implements Answer {}

        /** The receiver wants nothing more, ever. */
        record Gone() implements Answer {}
    }
}
