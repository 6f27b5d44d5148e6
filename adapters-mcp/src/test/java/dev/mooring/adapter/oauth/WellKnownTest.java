package dev.mooring.adapter.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.oauth.AccessChallenge;
import dev.mooring.domain.oauth.Issuer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.URI;
import java.util.Arrays;
import java.util.List;

class WellKnownTest {

    @ParameterizedTest
    @CsvSource({
        "https://h.example/mcp, /mcp | ''",
        "https://h.example/a/b, /a/b | ''",
        "https://h.example, ''",
        "https://h.example/, ''",
        "https://h.example/mcp/, /mcp/ | /mcp | ''",
        "https://h.example/mcp?tenant=1, /mcp?tenant=1 | ''",
        "https://h.example:8443/a%2Fb, /a%2Fb | ''"
    })
    void protectedResourceMetadataIsSoughtAtThePathAndThenAtTheRoot(String server, String rests) {
        URI uri = URI.create(server);

        assertThat(WellKnown.protectedResource(uri, AccessChallenge.SILENT))
                .containsExactlyElementsOf(
                        Arrays.stream(rests.split("\\|"))
                                .map(String::strip)
                                .map(rest -> rest.equals("''") ? "" : rest)
                                .map(rest ->
                                        URI.create(
                                                uri.getScheme()
                                                        + "://"
                                                        + uri.getRawAuthority()
                                                        + "/.well-known/oauth-protected-resource"
                                                        + rest))
                                .toList());
    }

    @Test
    void thePlaceThatTheChallengeNamesComesFirst() {
        assertThat(
                        WellKnown.protectedResource(
                                URI.create("https://h.example/mcp"),
                                challenge("https://meta.example/x?y")))
                .startsWith(URI.create("https://meta.example/x?y"))
                .hasSize(3);
    }

    @ParameterizedTest
    @CsvSource({
        "javascript:alert(1)",
        "/relative",
        "https://user@h.example/",
        "https://h.example/x#y",
        "ht tp://x",
        "''"
    })
    void aPlaceThatIsNoHttpUrlIsPassedOver(String place) {
        assertThat(
                        WellKnown.protectedResource(
                                URI.create("https://h.example/mcp"), challenge(place)))
                .hasSize(2);
    }

    @ParameterizedTest
    @CsvSource({
        "https://as.example, /.well-known/oauth-authorization-server"
                + " | /.well-known/openid-configuration",
        "https://as.example/, /.well-known/oauth-authorization-server"
                + " | /.well-known/openid-configuration",
        "https://as.example/t1, /.well-known/oauth-authorization-server/t1"
                + " | /.well-known/openid-configuration/t1"
                + " | /t1/.well-known/openid-configuration",
        "https://as.example/a/b/, /.well-known/oauth-authorization-server/a/b"
                + " | /.well-known/openid-configuration/a/b"
                + " | /a/b/.well-known/openid-configuration"
    })
    void authorizationServerMetadataIsSoughtInTheOrderOfMcp(String issuer, String places) {
        assertThat(WellKnown.authorizationServer(new Issuer(issuer)))
                .containsExactlyElementsOf(
                        Arrays.stream(places.split("\\|"))
                                .map(place -> URI.create("https://as.example" + place.strip()))
                                .toList());
    }

    private static AccessChallenge challenge(String resourceMetadata) {
        return AccessChallenge.parse(
                List.of("Bearer resource_metadata=\"" + resourceMetadata + "\""));
    }
}
