package dev.mooring.party;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.UUID;

/** What is found in a text, and what is left alone. */
final class KnownSecretsTest {

    private final String secret = KnownSecrets.remember("made-" + UUID.randomUUID());

    @Test
    void aSecretIsCutWhereverItStands() {
        String other = KnownSecrets.remember("made-" + UUID.randomUUID());

        assertThat(KnownSecrets.cutFrom(secret)).isEqualTo("[a secret]");
        assertThat(KnownSecrets.cutFrom("a=" + secret + "&b=" + other + "&c=" + secret + "x"))
                .isEqualTo("a=[a secret]&b=[a secret]&c=[a secret]x");
    }

    @Test
    void whatMerelyEndsLikeOneIsLeft() {
        String text = "another" + secret.substring(8);

        assertThat(KnownSecrets.cutFrom(text)).isEqualTo(text);
    }

    @Test
    void whatCannotBeToldFromAWordIsLeft() {
        KnownSecrets.remember("word");

        assertThat(KnownSecrets.cutFrom("a word")).isEqualTo("a word");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ0aGlzIn0.c2lnbmVkIGJ5IHNvbWVib2R5",
                "-----BEGIN PRIVATE KEY-----",
                "-----BEGIN EC PRIVATE KEY-----",
                "mrg_0123456789012345678901234567890123456789abc",
                "whsec_bm90IGEgc2VjcmV0LCBmb3IgZXhhbXBsZQ=="
            })
    void whatLooksLikeOneIsCutThoughNobodyKnowsIt(String shape) {
        assertThat(KnownSecrets.cutFrom("a " + shape + ", b")).isEqualTo("a [a secret], b");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJ0aGlzIn0",
                "-----BEGIN PUBLIC KEY-----",
                "mrg_short",
                "whsec_"
            })
    void whatOnlyResemblesOneIsLeft(String text) {
        assertThat(KnownSecrets.cutFrom(text)).isEqualTo(text);
    }

    @Test
    void whatARequestForAClientGivesInIsKnown() throws JsonProcessingException {
        KnownSecrets.rememberThoseOf(
                Answer.JSON.readTree(
                        """
                        {"name": "not-secret-at-all", "headers": {"X-Key": "the value of a header"},
                         "oauth_config": {"client_id": "not-secret-either",
                            "identity_provider": {"client_secret": "that of the provider"}}}\
                        """));

        assertThat(KnownSecrets.cutFrom("not-secret-at-all not-secret-either"))
                .isEqualTo("not-secret-at-all not-secret-either");
        assertThat(KnownSecrets.cutFrom("the value of a header, that of the provider"))
                .isEqualTo("[a secret], [a secret]");
    }
}
