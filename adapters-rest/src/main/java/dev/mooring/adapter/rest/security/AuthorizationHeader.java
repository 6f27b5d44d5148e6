package dev.mooring.adapter.rest.security;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** A credential as the {@code Authorization} header carries it (RFC 9110 section 11.6.2). */
sealed interface AuthorizationHeader {
    Pattern JWT = Pattern.compile("[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]*");

    /** RFC 6750 section 2.1. */
    record Bearer(String token) implements AuthorizationHeader {
        /** Whether this has the shape of a JSON web token; none of our API keys has it. */
        boolean isJwt() {
            return JWT.matcher(token).matches();
        }

        @Override
        public String toString() {
            return "Bearer [redacted]";
        }
    }

    /** RFC 7617 section 2. */
    record Basic(String userName, String password) implements AuthorizationHeader {
        @Override
        public String toString() {
            return "Basic [redacted]";
        }
    }

    /** A scheme that we do not have, or a credential that cannot be read. */
    record Unusable() implements AuthorizationHeader {}

    static Optional<AuthorizationHeader> in(Map<String, List<String>> headers) {
        List<String> values = headers.getOrDefault("Authorization", List.of());
        return switch (values.size()) {
            case 0 -> Optional.empty();
            case 1 -> Optional.of(parse(values.getFirst()));
            default -> Optional.of(new Unusable());
        };
    }

    private static AuthorizationHeader parse(String value) {
        String[] parts = value.strip().split(" +", 2);
        if (parts.length < 2) {
            return new Unusable();
        }
        return switch (parts[0].toLowerCase(Locale.ROOT)) {
            case "bearer" -> new Bearer(parts[1]);
            case "basic" -> basic(parts[1]);
            default -> new Unusable();
        };
    }

    private static AuthorizationHeader basic(String encoded) {
        try {
            String pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
            // RFC 7617 section 2: the first colon ends the user name.
            int colon = pair.indexOf(':');
            return colon < 0
                    ? new Unusable()
                    : new Basic(pair.substring(0, colon), pair.substring(colon + 1));
        } catch (IllegalArgumentException notBase64) {
            return new Unusable();
        }
    }
}
