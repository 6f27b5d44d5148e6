package dev.mooring.adapter.webhook;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mooring.domain.audit.AuditRecord;
import dev.mooring.domain.webhook.WebhookId;
import dev.mooring.domain.webhook.WebhookSecret;

import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A message as Standard Webhooks signs it.
 *
 * @param id the same whenever the message is sent again, so that its receiver can tell
 * @param timestamp of this sending, in seconds since 1970
 */
record SignedMessage(String id, long timestamp, String body) {
    private static final String ALGORITHM = "HmacSHA256";
    private static final int ID_BYTES = 16;

    static SignedMessage of(WebhookId webhook, AuditRecord event, Instant now, String body) {
        return new SignedMessage(id(webhook, event), now.getEpochSecond(), body);
    }

    /**
     * Made of the webhook's random id and the instant too, since a number alone is another event's
     * in another database, and in this one after an older backup was restored.
     */
    private static String id(WebhookId webhook, AuditRecord event) {
        String unique = webhook + " " + event.number() + " " + event.entry().at();
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(unique.getBytes(UTF_8));
            return "evt_" + HexFormat.of().formatHex(digest, 0, ID_BYTES);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform must provide SHA-256", e);
        }
    }

    /** One signature with each of these secrets, separated by blanks. */
    String signatures(List<WebhookSecret> secrets) {
        return secrets.stream()
                .map(secret -> signature(secret.key()))
                .collect(Collectors.joining(" "));
    }

    String signature(byte[] key) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(key, ALGORITHM));
            byte[] signed = (id + "." + timestamp + "." + body).getBytes(UTF_8);
            return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(signed));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("Every Java platform must provide " + ALGORITHM, e);
        }
    }
}
