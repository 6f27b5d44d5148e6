package dev.mooring.adapter.dpop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jwt.SignedJWT;

import dev.mooring.adapter.http.Headers;
import dev.mooring.domain.oauth.AccessToken;
import dev.mooring.domain.oauth.DpopKey;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.net.URI;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.Set;

class DpopProofsTest {
    private static final Instant NOW = Instant.parse("2026-11-01T12:00:00Z");
    private static final URI MCP = URI.create("https://mcp.example/mcp");

    private final EcDpopKeys keys = new EcDpopKeys();
    private final DpopKey key = keys.generate();
    private final DpopProofs proofs = new DpopProofs(InstantSource.fixed(NOW), new SecureRandom());

    @Test
    void aProofSaysWhatRfc9449Wants() throws Exception {
        SignedJWT proof =
                SignedJWT.parse(
                        proofs.prove(key, "POST", MCP, new AccessToken("Kz~8mXK1EalYznwH")));
        assertThat(proof.getHeader().getType().getType()).isEqualTo("dpop+jwt");
        assertThat(proof.getHeader().getAlgorithm().getName()).isEqualTo("ES256");
        ECKey shown = proof.getHeader().getJWK().toECKey();
        assertThat(shown.isPrivate()).isFalse();
        assertThat(proof.verify(new ECDSAVerifier(shown))).isTrue();
        assertThat(shown.computeThumbprint()).hasToString(keys.thumbprint(key));
        assertThat(proof.getJWTClaimsSet().getClaims())
                .containsOnlyKeys("jti", "htm", "htu", "iat", "ath")
                .containsEntry("htm", "POST")
                .containsEntry("htu", "https://mcp.example/mcp")
                // SHA-256 of the token, as any tool computes it.
                .containsEntry("ath", "HDsokHK7hlZMVWvrj5Yl8l0SgPSHR4UpUbkdEZuZag0");
        assertThat(proof.getJWTClaimsSet().getIssueTime().toInstant()).isEqualTo(NOW);
    }

    @Test
    void aRequestForATokenNamesNone() throws Exception {
        assertThat(claim(proofs.prove(key, "POST", MCP), "ath")).isEqualTo("null");
    }

    /** RFC 9449 section 4.2: without query and fragment, in the form that servers compare with. */
    @ParameterizedTest
    @CsvSource({
        "https://mcp.example/mcp?tenant=1#x, https://mcp.example/mcp",
        "https://mcp.example/a%20b/, https://mcp.example/a%20b/",
        "https://mcp.example, https://mcp.example/",
        "HTTPS://MCP.example:443/Mcp, https://mcp.example/Mcp",
        "http://localhost:8080/mcp, http://localhost:8080/mcp"
    })
    void theAddressIsThatOfTheRequest(URI target, String htu) throws Exception {
        assertThat(claim(proofs.prove(key, "GET", target), "htu")).isEqualTo(htu);
    }

    @Test
    void noTwoProofsHaveOneId() throws Exception {
        Set<String> seen = new HashSet<>();
        for (int i = 0; i < 100; i++) {
            assertThat(seen.add(claim(proofs.prove(key, "POST", MCP), "jti"))).isTrue();
        }
    }

    @Test
    void aNonceGoesIntoTheNextProofsForItsAddressAlone() throws Exception {
        assertThat(proofs.learn(MCP, Headers.NONE.with("dpop-nonce", "n1"))).isTrue();
        assertThat(nonce(MCP)).isEqualTo("n1");
        assertThat(nonce(URI.create("https://mcp.example/mcp?session=1"))).isEqualTo("n1");
        assertThat(nonce(URI.create("https://mcp.example/other"))).isEqualTo("null");
        assertThat(nonce(URI.create("https://mcp.example:8443/mcp"))).isEqualTo("null");

        assertThat(proofs.learn(MCP, Headers.NONE)).isFalse();
        assertThat(nonce(MCP)).isEqualTo("n1");
        proofs.learn(MCP, Headers.NONE.with("DPoP-Nonce", "n2"));
        assertThat(nonce(MCP)).isEqualTo("n2");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "a b", "a\"b", "a\\b", "\u00e9"})
    void whatIsNoNonceIsNotRemembered(String value) throws Exception {
        assertThat(proofs.learn(MCP, Headers.NONE.with("DPoP-Nonce", value))).isFalse();
        assertThat(nonce(MCP)).isEqualTo("null");
    }

    @Test
    void aNonceWithoutEndIsNotRemembered() throws Exception {
        assertThat(proofs.learn(MCP, Headers.NONE.with("DPoP-Nonce", "n".repeat(513)))).isFalse();
    }

    @Test
    void onlySoManyNoncesAreRemembered() throws Exception {
        proofs.learn(MCP, Headers.NONE.with("DPoP-Nonce", "first"));
        for (int i = 0; i < 1024; i++) {
            URI other = URI.create("https://" + i + ".example/mcp");
            proofs.learn(other, Headers.NONE.with("DPoP-Nonce", "more"));
        }
        assertThat(nonce(MCP)).isEqualTo("null");
        assertThat(nonce(URI.create("https://1023.example/mcp"))).isEqualTo("more");
    }

    @Test
    void noTwoKeysAreAlike() {
        assertThat(keys.generate()).isNotEqualTo(key);
        assertThat(keys.thumbprint(keys.generate())).isNotEqualTo(keys.thumbprint(key));
        assertThat(keys.thumbprint(key)).matches("[A-Za-z0-9_-]{43}");
    }

    @Test
    void aKeyThatIsNoneOfOursIsNotQuoted() {
        assertThatThrownBy(() -> proofs.prove(new DpopKey("{\"kty\":\"tell-tale\"}"), "POST", MCP))
                .isInstanceOf(IllegalStateException.class)
                .hasNoCause()
                .hasMessageNotContaining("tell-tale");
    }

    private String nonce(URI target) throws Exception {
        return claim(proofs.prove(key, "POST", target), "nonce");
    }

    private static String claim(String proof, String name) throws Exception {
        return String.valueOf(SignedJWT.parse(proof).getJWTClaimsSet().getClaim(name));
    }
}
