package dev.mooring.adapter.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mooring.domain.webhook.Webhook;
import dev.mooring.domain.webhook.WebhookSecret;

import java.security.GeneralSecurityException;
import java.time.Instant;
import java.util.Base64;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A message as Standard Webhooks signs it.
 *
 * @param id the same whenever the message is sent again, so that its receiver can tell
 */
record SignedMessage(String id, long timestamp, String body) {
    private static final String ALGORITHM = "HmacSHA256";

    static SignedMessage of(long event, Instant now, String body) {
        return new SignedMessage("evt_" + event, now.getEpochSecond(), body);
    }

    /** One signature with each secret that is good now, separated by blanks. */
    String signatures(Webhook webhook, Instant now) {
        Stream<WebhookSecret> former =
                webhook.former().stream()
                        .filter(rotated -> now.isBefore(rotated.until()))
                        .map(Webhook.Former::secret);
        return Stream.concat(Stream.of(webhook.secret()), former)
                .map(this::signature)
                .collect(Collectors.joining(" "));
    }

    private String signature(WebhookSecret secret) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret.key(), ALGORITHM));
            byte[] signed = (id + "." + timestamp + "." + body).getBytes(UTF_8);
            return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(signed));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform must provide " + ALGORITHM, e);
        }
    }
}
