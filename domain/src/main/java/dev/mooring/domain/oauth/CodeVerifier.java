package dev.mooring.domain.oauth;

import static dev.mooring.domain.InvalidValueException.require;

import dev.mooring.domain.Secret;

import java.util.Base64;
import java.util.random.RandomGenerator;

/** The secret half of PKCE (RFC 7636 section 4.1); its S256 challenge is the public half. */
public record CodeVerifier(String value) implements Secret {
    public CodeVerifier {
        require(
                value.length() >= 43 && value.length() <= 128,
                "code_verifier",
                "must have 43 to 128 characters");
    }

    /** 256 random bits in URL-safe base64: 43 characters. */
    public static CodeVerifier random(RandomGenerator random) {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return new CodeVerifier(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
    }

    /** The {@code code_challenge} of method S256 (RFC 7636 section 4.2). */
    public String challenge() {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(Secret.sha256(value));
    }

    @Override
    public String toString() {
        return REDACTED;
    }
}
