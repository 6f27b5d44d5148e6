package dev.mooring.domain.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.oauth.AuthorizationServer.PkceSupport;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;

class DpopUseTest {

    /** "-" is nothing; the last column is what is chosen, or that nothing can be. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                // policy | resource requires | its algorithms | challenge | server's | choice
                "WHERE_ASKED | false | - | Bearer | ES256 | NONE",
                "WHERE_ASKED | false | ES256 | Bearer | ES256 | NONE",
                "WHERE_ASKED | false | - | - | ES256 | NONE",
                "WHERE_ASKED | false | - | Bearer, DPoP | ES256 | PREFERRED",
                "WHERE_ASKED | false | - | Bearer, DPoP | - | NONE",
                "WHERE_ASKED | false | - | Bearer, DPoP | RS256 | NONE",
                "WHERE_ASKED | false | - | Bearer, DPoP algs=RS256 | ES256 | NONE",
                "WHERE_ASKED | false | - | DPoP | ES256 | REQUIRED",
                "WHERE_ASKED | false | - | DPoP algs=ES256 | ES256 | REQUIRED",
                "WHERE_ASKED | false | - | DPoP | - | impossible",
                "WHERE_ASKED | false | - | DPoP algs=RS256 | ES256 | impossible",
                "WHERE_ASKED | true | - | Bearer | ES256 | REQUIRED",
                "WHERE_ASKED | true | ES256 PS256 | - | ES256 | REQUIRED",
                "WHERE_ASKED | true | PS256 | - | ES256 | impossible",
                "WHERE_ASKED | true | - | - | PS256 | impossible",
                "ALWAYS | false | - | Bearer | ES256 | REQUIRED",
                "ALWAYS | false | - | - | - | impossible",
                "NEVER | true | - | DPoP | ES256 | NONE",
                "NEVER | false | - | Bearer, DPoP | ES256 | NONE",
            })
    void whatIsAskedForIsChosenWhereItCanBeHad(
            DpopPolicy policy,
            boolean required,
            String algorithms,
            String challenge,
            String servers,
            String choice) {
        Optional<DpopUse> chosen =
                DpopUse.choose(
                        policy,
                        new DpopDemand(required, words(algorithms)),
                        AccessChallenge.parse(List.of(challenge)),
                        server(words(servers), PkceSupport.ANNOUNCED));
        assertThat(chosen.map(Enum::name).orElse("impossible")).isEqualTo(choice);
    }

    @Test
    void aServerWithoutMetadataMayKnowDpop() {
        assertThat(
                        DpopUse.choose(
                                DpopPolicy.ALWAYS,
                                DpopDemand.NONE,
                                AccessChallenge.SILENT,
                                server(Set.of(), PkceSupport.UNVERIFIED)))
                .contains(DpopUse.REQUIRED);
    }

    @Test
    void aBindingTakesTheTokensThatWereAskedFor() {
        DpopKey key = new DpopKey("key");
        assertThat(new TokenBinding.Unbound().accepts(TokenType.BEARER)).isTrue();
        assertThat(new TokenBinding.Unbound().accepts(TokenType.DPOP)).isFalse();
        assertThat(new TokenBinding.Offered(key).accepts(TokenType.BEARER)).isTrue();
        assertThat(new TokenBinding.Offered(key).accepts(TokenType.DPOP)).isTrue();
        assertThat(new TokenBinding.Required(key).accepts(TokenType.BEARER)).isFalse();
        assertThat(new TokenBinding.Required(key).accepts(TokenType.DPOP)).isTrue();
    }

    private static Set<String> words(String text) {
        return text.equals("-") ? Set.of() : Set.of(text.split(" "));
    }

    private static AuthorizationServer server(Set<String> algorithms, PkceSupport pkce) {
        return new AuthorizationServer(
                new Issuer("https://as.example"),
                Optional.of(URI.create("https://as.example/authorize")),
                URI.create("https://as.example/token"),
                Optional.empty(),
                Optional.empty(),
                Scopes.NONE,
                List.of(),
                List.of(),
                Set.of(),
                pkce,
                false,
                false,
                algorithms);
    }
}
