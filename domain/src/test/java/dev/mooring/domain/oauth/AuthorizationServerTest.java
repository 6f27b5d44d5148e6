package dev.mooring.domain.oauth;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mooring.domain.Refused;
import dev.mooring.domain.oauth.AuthorizationServer.PkceSupport;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.net.URI;
import java.util.List;
import java.util.Optional;
import java.util.Set;

class AuthorizationServerTest {
    private static final String BASIC = "client_secret_basic";
    private static final String POST = "client_secret_post";

    /** What a server lists, and what we use with a secret and to register. */
    @ParameterizedTest
    @CsvSource({
        "'',                                     client_secret_basic, client_secret_basic",
        "none,                                   client_secret_basic, none",
        "client_secret_basic,                    client_secret_basic, client_secret_basic",
        "client_secret_post,                     client_secret_post,  client_secret_post",
        "none client_secret_post,                client_secret_post,  client_secret_post",
        "client_secret_post client_secret_basic, client_secret_post,  client_secret_post",
        "private_key_jwt,                        client_secret_basic, client_secret_basic",
        "private_key_jwt none,                   client_secret_basic, none",
        "private_key_jwt client_secret_post,     client_secret_post,  client_secret_post"
    })
    void theMethodIsTheFirstThatBothSpeak(String listed, String withSecret, String toRegister) {
        AuthorizationServer server =
                server(listed.isEmpty() ? List.of() : List.of(listed.split(" ")), "https://as/t");
        assertThat(server.preferredMethod(true).word()).isEqualTo(withSecret);
        assertThat(server.preferredMethod(false)).isEqualTo(TokenEndpointAuthMethod.NONE);
        assertThat(server.registrationMethod().word()).isEqualTo(toRegister);
    }

    @ParameterizedTest
    @CsvSource({"javascript:alert(1)", "file:///etc/passwd", "/token", "mailto:a@b"})
    void anEndpointThatIsNoHttpUrlIsRefused(String endpoint) {
        Refused.naming("token_endpoint", () -> server(List.of(BASIC, POST), endpoint));
    }

    private static AuthorizationServer server(List<String> methods, String tokenEndpoint) {
        return new AuthorizationServer(
                new Issuer("https://as.example"),
                Optional.of(URI.create("https://as.example/authorize")),
                URI.create(tokenEndpoint),
                Optional.empty(),
                Optional.empty(),
                Scopes.NONE,
                methods,
                List.of(),
                Set.of(),
                PkceSupport.ANNOUNCED,
                true,
                false,
                Set.of());
    }
}
