package dev.mooring.domain.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Refused;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IssuerTest {

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://as.example/",
                "https://AS.example",
                "https://as.example:443",
                "http://as.example",
                "https://as.example/a"
            })
    void issuersAreComparedAsTheyAreSpelt(String other) {
        assertThat(new Issuer("https://as.example")).isNotEqualTo(new Issuer(other));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "as.example",
                "/as",
                "javascript:alert(1)",
                "ftp://as.example",
                "https://as.example?tenant=1",
                "https://as.example/#top",
                "https://user:password@as.example"
            })
    void whatIsNoIssuerIsRefusedByName(String text) {
        Refused.naming("oauth_config.issuer", () -> new Issuer(text));
    }

    @ParameterizedTest
    @CsvSource({
        "https://as.example/token, https://as.example/token",
        "https://as.example/token?tenant=1, https://as.example/token",
        "https://as.example/token#x?y, https://as.example/token",
        "https://as.example/token?x#y, https://as.example/token"
    })
    void endpointsGivenByHandHaveAnIssuerOfTheirOwn(String tokenEndpoint, String issuer) {
        assertThat(Issuer.ofTokenEndpoint(tokenEndpoint)).isEqualTo(new Issuer(issuer));
    }

    @Test
    void anIssuerIsPrintedAsItIs() {
        assertThat(new Issuer("https://as.example/")).hasToString("https://as.example/");
    }
}
