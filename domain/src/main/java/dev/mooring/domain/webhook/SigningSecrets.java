package dev.mooring.domain.webhook;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * What the messages to one webhook are signed with.
 *
 * @param former the secret that signs as well for a while, after it was rotated
 */
public record SigningSecrets(WebhookSecret current, Optional<Former> former) {
    /** How long an earlier secret signs beside the present one. */
    public static final Duration OVERLAP = Duration.ofHours(24);

    /** A secret that was rotated. */
    public record Former(WebhookSecret secret, Instant until) {}

    /** One, of a new webhook. */
    public static SigningSecrets of(WebhookSecret secret) {
        return new SigningSecrets(secret, Optional.empty());
    }

    /** Another one; the present one signs as well for {@link #OVERLAP}. */
    public SigningSecrets rotated(WebhookSecret fresh, Instant now) {
        return new SigningSecrets(fresh, Optional.of(new Former(current, now.plus(OVERLAP))));
    }

    /** Those that are good at an instant, the present one first. */
    public List<WebhookSecret> at(Instant now) {
        Stream<WebhookSecret> rotated =
                former.stream().filter(old -> now.isBefore(old.until())).map(Former::secret);
        return Stream.concat(Stream.of(current), rotated).toList();
    }
}
