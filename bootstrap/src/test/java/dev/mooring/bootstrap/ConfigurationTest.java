package dev.mooring.bootstrap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mooring.adapter.http.OutboundProxy;
import dev.mooring.adapter.rest.edge.TrustedProxies.ForwardingHeader;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

class ConfigurationTest {
    @TempDir private Path directory;

    @Test
    void withoutAnySettingTheDocumentedDefaultsHold() {
        Configuration configuration = read(Map.of("HOME", "/home/somebody"));

        assertThat(configuration.host()).isEqualTo("127.0.0.1");
        assertThat(configuration.port()).isEqualTo(8080);
        assertThat(configuration.adminPort()).isEqualTo(8081);
        assertThat(configuration.adminHost()).isEqualTo("127.0.0.1");
        assertThat(configuration.publicUrl()).isEqualTo(URI.create("http://localhost:8080"));
        assertThat(configuration.database()).isEmpty();
        assertThat(configuration.dataDirectory())
                .isEqualTo(Path.of("/home/somebody/.local/share/mooring"));
        assertThat(configuration.clientMetadataUrl()).isEmpty();
        assertThat(configuration.oidc()).isEmpty();
    }

    @Test
    void thePublicUrlFollowsThePortUnlessItIsGiven() {
        assertThat(read(Map.of("MOORING_PORT", "9000")).publicUrl())
                .isEqualTo(URI.create("http://localhost:9000"));
        assertThat(read(Map.of("MOORING_PUBLIC_URL", "https://m.example/base/")).publicUrl())
                .isEqualTo(URI.create("https://m.example/base"));
    }

    @Test
    void onlyAnHttpsPublicUrlPublishesAMetadataDocument() {
        assertThat(read(Map.of("MOORING_PUBLIC_URL", "https://m.example")).clientMetadataUrl())
                .contains("https://m.example/.well-known/oauth-client");
        assertThat(
                        read(Map.of("MOORING_CLIENT_METADATA_URL", "https://cdn.example/c.json"))
                                .clientMetadataUrl())
                .contains("https://cdn.example/c.json");
    }

    @Test
    void ourPrivateKeyIsCheckedBeforeAnythingStartsAndNeedsADocument() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        String base64 =
                Base64.getMimeEncoder()
                        .encodeToString(generator.generateKeyPair().getPrivate().getEncoded());
        Path file = directory.resolve("client-key.pem");
        Files.writeString(
                file, "-----BEGIN PRIVATE KEY-----\n" + base64 + "\n-----END PRIVATE KEY-----\n");
        Map<String, String> settings =
                Map.of(
                        "MOORING_PUBLIC_URL",
                        "https://m.example",
                        "MOORING_CLIENT_PRIVATE_KEY_FILE",
                        file.toString());

        assertThat(read(settings).clientKey().orElseThrow().verification().algorithm().word())
                .isEqualTo("ES256");
        assertThatThrownBy(() -> read(Map.of("MOORING_CLIENT_PRIVATE_KEY_FILE", file.toString())))
                .hasMessageContaining("MOORING_CLIENT_PRIVATE_KEY_FILE");
        Files.writeString(file, "no key");
        assertThatThrownBy(() -> read(settings))
                .hasMessageContaining("MOORING_CLIENT_PRIVATE_KEY_FILE");
        Files.delete(file);
        assertThatThrownBy(() -> read(settings))
                .hasMessageContaining("MOORING_CLIENT_PRIVATE_KEY_FILE");
    }

    @Test
    void theBurstFollowsTheRateLimitUnlessItIsGiven() {
        assertThat(read(Map.of()).load())
                .isEqualTo(new Configuration.Load(4096, 512, 1024, 5000, 10_000, 200));
        assertThat(read(Map.of("MOORING_RATE_LIMIT", "0")).load().rateBurst()).isZero();
        assertThat(read(Map.of("MOORING_RATE_LIMIT", "10")).load().rateBurst()).isEqualTo(20);
        assertThat(
                        read(Map.of("MOORING_RATE_LIMIT", "10", "MOORING_RATE_BURST", "1"))
                                .load()
                                .rateBurst())
                .isEqualTo(1);
    }

    @Test
    void aBurstIsNoneWithoutALimit() {
        assertThatThrownBy(() -> read(Map.of("MOORING_RATE_LIMIT", "0", "MOORING_RATE_BURST", "5")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("MOORING_RATE_BURST");
    }

    @Test
    void proxiesAreTrustedThatAreNamed() {
        Configuration.Proxies nobody = read(Map.of()).proxies();
        Configuration.Proxies named =
                read(Map.of(
                                "MOORING_TRUSTED_PROXIES", "10.1.0.0/16, 2001:DB8::1",
                                "MOORING_TRUSTED_PROXY_HEADER", "forwarded"))
                        .proxies();

        assertThat(nobody.trusts(InetAddress.getLoopbackAddress())).isFalse();
        assertThat(nobody.header()).isEqualTo(ForwardingHeader.X_FORWARDED_FOR);
        assertThat(named.trusts(InetAddress.ofLiteral("10.1.255.1"))).isTrue();
        assertThat(named.trusts(InetAddress.ofLiteral("2001:db8::1"))).isTrue();
        assertThat(named.trusts(InetAddress.ofLiteral("10.2.0.1"))).isFalse();
        assertThat(named.header()).isEqualTo(ForwardingHeader.FORWARDED);
        assertThatThrownBy(() ->
                        read(
                                Map.of(
                                        "MOORING_TRUSTED_PROXIES", "10.1.0.0/16",
                                        "MOORING_TRUSTED_PROXY_HEADER", "Via")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("MOORING_TRUSTED_PROXY_HEADER");
    }

    @Test
    void theDataDirectoryFollowsXdg() {
        assertThat(read(Map.of("HOME", "/h", "XDG_DATA_HOME", "/data")).dataDirectory())
                .isEqualTo(Path.of("/data/mooring"));
    }

    @Test
    void theDataDirectoryIsInTheHomeOfTheUserAlsoWhereTheEnvironmentDoesNotNameIt() {
        assertThat(read(Map.of()).dataDirectory())
                .isEqualTo(Path.of(System.getProperty("user.home"), ".local/share/mooring"));
    }

    @Test
    void aKeyOfTheFileHoldsUntilTheEnvironmentSaysOtherwise() throws IOException {
        Files.writeString(
                directory.resolve("application.yaml"),
                """
                mooring:
                  port: 9001
                  admin-port: 9002
                """);

        Configuration configuration = read(Map.of("MOORING_PORT", "9003"));

        assertThat(configuration.port()).isEqualTo(9003);
        assertThat(configuration.adminPort()).isEqualTo(9002);
    }

    @Test
    void anUnknownKeyOfTheFileIsNamed() throws IOException {
        Files.writeString(directory.resolve("application.yaml"), "mooring:\n  prot: 9001\n");

        assertThatThrownBy(() -> read(Map.of()))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("mooring.prot");
    }

    @Test
    void aFileThatIsNamedMustBeThere() {
        assertThatThrownBy(() -> read(Map.of("MOORING_CONFIG_FILE", "missing.yaml")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("MOORING_CONFIG_FILE");
    }

    @Test
    void aProxyIsCalledWithTheCredentialsThatAreGivenForIt() {
        Map<String, String> environment =
                Map.of(
                        "MOORING_OUTBOUND_PROXY", "http://proxy.example:3128",
                        "MOORING_OUTBOUND_PROXY_USER", "mooring",
                        "MOORING_OUTBOUND_PROXY_PASSWORD", "hunter2");

        Configuration configuration = read(environment);

        assertThat(configuration.outboundProxy())
                .contains(
                        new OutboundProxy(
                                "proxy.example",
                                3128,
                                Optional.of(new OutboundProxy.Credentials("mooring", "hunter2")),
                                false));
        assertThat(configuration.toString()).doesNotContain("hunter2");
        for (String missing : environment.keySet()) {
            Map<String, String> without = new HashMap<>(environment);
            without.remove(missing);
            assertThatThrownBy(() -> read(without))
                    .isInstanceOf(ConfigurationException.class)
                    .hasMessageContaining(missing)
                    .hasMessageNotContaining("hunter2");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "MOORING_PROT, 8080",
        "MOORING_PORT, eighty",
        "MOORING_PORT, 70000",
        "MOORING_PUBLIC_URL, ftp://m.example",
        "MOORING_CONNECTIONS, 0",
        "MOORING_CONCURRENT_REQUESTS, 0",
        "MOORING_QUEUED_REQUESTS, -1",
        "MOORING_RATE_LIMIT, plenty",
        "MOORING_RATE_LIMIT, -1",
        "MOORING_RATE_BURST, 0",
        "MOORING_ADDRESS_RATE_LIMIT, -1",
        "MOORING_TRUSTED_PROXIES, proxy.internal",
        "MOORING_TRUSTED_PROXIES, 10.0.0.0/33",
        "MOORING_TRUSTED_PROXIES, '10.0.0.1,'",
        "MOORING_TRUSTED_PROXY_HEADER, Forwarded",
        "MOORING_PUBLIC_URL, https://m.example?x=y",
        "MOORING_PUBLIC_URL, http://m.example",
        "MOORING_PUBLIC_URL, HTTP://m.example",
        "MOORING_DATABASE_URL, mysql://db",
        "MOORING_DATABASE_USER, somebody",
        "MOORING_OUTBOUND_ALLOW, 10.0.0.0/99",
        "MOORING_OUTBOUND_PROXY, socks://p:1",
        "MOORING_OUTBOUND_PROXY, http://user:password@p:1",
        "MOORING_OUTBOUND_CA_FILE, no-such-file.pem",
        "MOORING_CLIENT_METADATA_URL, http://m.example/c.json",
        "MOORING_CLIENT_METADATA_URL, https://m.example",
        "MOORING_OIDC_CLIENT_ID, only-half",
        "MOORING_LOG_LEVEL, loud",
        "MOORING_LOG_FORMAT, xml",
    })
    void aBadSettingIsNamed(String variable, String value) {
        assertThatThrownBy(() -> read(Map.of(variable, value)))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining(
                        variable.equals("MOORING_OIDC_CLIENT_ID")
                                ? "MOORING_OIDC_CLIENT_SECRET"
                                : variable);
    }

    @Test
    void anExternalDatabaseNeedsAKeyFileThatAllNodesShare() {
        assertThatThrownBy(() -> read(Map.of("MOORING_DATABASE_URL", "jdbc:postgresql://db/m")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("MOORING_ENCRYPTION_KEY_FILE");
    }

    @ParameterizedTest
    @CsvSource({
        "MOORING_ENCRYPTION_KEY_FILE, keys, MOORING_ENCRYPTION_KEY_FILE (keys)",
        "MOORING_ENCRYPTION_KEYS, k1 a-key, MOORING_ENCRYPTION_KEYS",
        "MOORING_ENCRYPTION_KEY_COMMAND, fetch  --all, MOORING_ENCRYPTION_KEY_COMMAND (fetch)"
    })
    void encryptionKeysComeFromOneOfThreePlaces(String variable, String value, String name) {
        Configuration configuration =
                read(Map.of("MOORING_DATABASE_URL", "jdbc:postgresql://db/m", variable, value));
        assertThat(configuration.keySource().name()).isEqualTo(name);
    }

    @Test
    void withoutASourceTheKeysAreInAFileOfOurOwn() {
        assertThat(read(Map.of("MOORING_DATA_DIR", "/data")).keySource().name())
                .isEqualTo("MOORING_ENCRYPTION_KEY_FILE (/data/encryption-keys)");
    }

    @Test
    void ofTheSourcesOfKeysOnlyOneCanBeSet() {
        assertThatThrownBy(() ->
                        read(
                                Map.of(
                                        "MOORING_ENCRYPTION_KEYS", "k1 very-secret",
                                        "MOORING_ENCRYPTION_KEY_COMMAND", "fetch")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("MOORING_ENCRYPTION_KEYS")
                .hasMessageContaining("MOORING_ENCRYPTION_KEY_COMMAND")
                .hasMessageContaining("only one")
                .hasMessageNotContaining("very-secret");
    }

    @Test
    void anIssuerNeedsAnAudience() {
        assertThatThrownBy(() -> read(Map.of("MOORING_OIDC_ISSUER", "https://idp.example")))
                .isInstanceOf(ConfigurationException.class)
                .hasMessageContaining("MOORING_OIDC_AUDIENCE");
    }

    @Test
    void noSecretIsPrintedWithTheConfiguration() {
        Configuration configuration =
                read(
                        Map.of(
                                "MOORING_ADMIN_KEY", "very-secret-1",
                                "MOORING_DATABASE_URL", "jdbc:postgresql://db/m",
                                "MOORING_DATABASE_PASSWORD", "very-secret-2",
                                "MOORING_ENCRYPTION_KEYS", "k1 very-secret-4",
                                "MOORING_OIDC_ISSUER", "https://idp.example",
                                "MOORING_OIDC_CLIENT_ID", "mooring",
                                "MOORING_OIDC_CLIENT_SECRET", "very-secret-3"));

        assertThat(configuration.toString()).doesNotContain("very-secret");
    }

    @Test
    void theReadmeListsEverySetting() throws IOException {
        String readme = Files.readString(Path.of("..", "README.md"));

        assertThat(Setting.values())
                .allSatisfy(setting ->
                        assertThat(readme)
                                .contains(
                                        "| `" + setting.variable() + "` |",
                                        "| " + setting.description() + " |"));
    }

    private Configuration read(Map<String, String> environment) {
        return Configuration.read(environment, directory);
    }
}
