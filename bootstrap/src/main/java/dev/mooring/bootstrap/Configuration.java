package dev.mooring.bootstrap;

import dev.mooring.adapter.http.Network;
import dev.mooring.adapter.http.OutboundAllow;
import dev.mooring.adapter.http.OutboundProxy;
import dev.mooring.adapter.oauth.ClientKeyPair;
import dev.mooring.adapter.persistence.DatabaseAccess;
import dev.mooring.adapter.persistence.KeyCommand;
import dev.mooring.adapter.persistence.KeyFile;
import dev.mooring.adapter.persistence.KeySource;
import dev.mooring.adapter.persistence.KeyText;
import dev.mooring.adapter.rest.edge.TrustedProxies.ForwardingHeader;
import dev.mooring.domain.access.ApiKeySecret;
import dev.mooring.domain.client.TrustedCa;
import dev.mooring.domain.oauth.HttpUrl;
import dev.mooring.domain.oauth.RedirectUri;

import io.helidon.config.Config;
import io.helidon.config.ConfigSources;

import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What an operator decided, checked as a whole before anything starts. The environment wins over
 * {@code application.yaml}; an unknown key stops the start, as it is most likely a slip.
 */
record Configuration(
        String host,
        int port,
        String adminHost,
        int adminPort,
        URI publicUrl,
        Proxies proxies,
        Load load,
        Optional<ExternalDatabase> database,
        int databaseConnections,
        Path dataDirectory,
        Optional<ApiKeySecret> adminKey,
        Optional<KeySource> encryptionKeys,
        OutboundAllow outboundAllow,
        Optional<OutboundProxy> outboundProxy,
        Optional<TrustedCa> outboundCa,
        String clientName,
        Optional<String> clientMetadataUrl,
        Optional<ClientKeyPair> clientKey,
        Optional<Path> assertionDirectory,
        Optional<Oidc> oidc,
        Duration auditRetention,
        Logging.Level logLevel,
        Logging.Format logFormat) {

    /** Variables that {@code bin/mooring} reads. */
    private static final Set<String> OF_THE_START_SCRIPT =
            Set.of(
                    "MOORING_JAVA_HOME",
                    "MOORING_JAVA_OPTS",
                    "MOORING_TRAINING",
                    "MOORING_CONFIG_FILE");

    /**
     * How much callers may ask for.
     *
     * @param rateLimit requests per second of one credential; 0 is no limit
     * @param addressRateLimit requests per second of one address without one; 0 is no limit
     */
    record Load(
            int connections,
            int concurrentRequests,
            int queuedRequests,
            int rateLimit,
            int rateBurst,
            int addressRateLimit) {}

    /**
     * What stands before us.
     *
     * @param networks in which there is nobody else
     */
    record Proxies(List<Network> networks, ForwardingHeader header) {
        boolean trusts(InetAddress address) {
            return networks.stream().anyMatch(network -> network.contains(address));
        }
    }

    /** A PostgreSQL that we did not start. */
    record ExternalDatabase(String url, String user, String password) {
        DatabaseAccess access() {
            return new DatabaseAccess(url, user, password);
        }

        @Override
        public String toString() {
            return "ExternalDatabase[" + user + "]";
        }
    }

    /**
     * Whose users may call us.
     *
     * @param browser present when people may sign in with a browser
     */
    record Oidc(URI issuer, String audience, Optional<Browser> browser) {
        record Browser(String clientId, String clientSecret) {
            @Override
            public String toString() {
                return "Browser[" + clientId + "]";
            }
        }
    }

    /** Where the encryption keys come from; with the embedded database a file of ours will do. */
    KeySource keySource() {
        return encryptionKeys.orElseGet(this::ownKeyFile);
    }

    /** The key file that a first start makes when no other source is named. */
    KeyFile ownKeyFile() {
        return new KeyFile(
                Setting.ENCRYPTION_KEY_FILE.variable(), dataDirectory.resolve("encryption-keys"));
    }

    /** Where the embedded database lives. */
    Path databaseDirectory() {
        return dataDirectory.resolve("postgres");
    }

    /**
     * Reads the configuration of this process.
     *
     * @param environment usually {@code System.getenv()}
     * @param workingDirectory where {@code application.yaml} is looked for, unless {@code
     *     MOORING_CONFIG_FILE} names another file
     * @throws ConfigurationException naming the key that is unknown or has a bad value
     */
    static Configuration read(Map<String, String> environment, Path workingDirectory) {
        Map<Setting, String> values = new EnumMap<>(Setting.class);
        values.putAll(fromYaml(environment, workingDirectory));
        values.putAll(fromEnvironment(environment));
        return new Reader(values, environment).read();
    }

    private static Map<Setting, String> fromEnvironment(Map<String, String> environment) {
        Map<Setting, String> values = new EnumMap<>(Setting.class);
        environment.forEach((variable, value) -> {
            if (Setting.isOurs(variable) && !OF_THE_START_SCRIPT.contains(variable)) {
                values.put(
                        Setting.ofVariable(variable)
                                .orElseThrow(() ->
                                        new ConfigurationException("Unknown setting " + variable)),
                        value);
            }
        });
        return values;
    }

    private static Map<Setting, String> fromYaml(
            Map<String, String> environment, Path workingDirectory) {
        Optional<Path> named =
                Optional.ofNullable(environment.get("MOORING_CONFIG_FILE"))
                        .map(workingDirectory::resolve);
        Path file = named.orElseGet(() -> workingDirectory.resolve("application.yaml"));
        if (!Files.exists(file)) {
            if (named.isPresent()) {
                throw new ConfigurationException("MOORING_CONFIG_FILE: there is no " + file);
            }
            return Map.of();
        }
        Map<Setting, String> values = new EnumMap<>(Setting.class);
        leaves(file)
                .forEach((key, value) ->
                        values.put(
                                Setting.ofKey(key)
                                        .orElseThrow(() ->
                                                new ConfigurationException(
                                                        "Unknown key %s in %s"
                                                                .formatted(key, file))),
                                value));
        return values;
    }

    private static Map<String, String> leaves(Path file) {
        try {
            return Config.builder()
                    .sources(ConfigSources.file(file))
                    .disableEnvironmentVariablesSource()
                    .disableSystemPropertiesSource()
                    .build()
                    .asMap()
                    .orElseGet(Map::of);
        } catch (io.helidon.config.ConfigException e) {
            throw new ConfigurationException("Cannot read " + file + ": " + e.getMessage(), e);
        }
    }

    /** Turns the texts into values, and remembers which key it is at. */
    private record Reader(Map<Setting, String> values, Map<String, String> environment) {
        Configuration read() {
            int port = port(Setting.PORT, 8080);
            URI publicUrl = publicUrl(port);
            Optional<ExternalDatabase> database = database();
            Optional<KeySource> keys = encryptionKeys();
            if (database.isPresent() && keys.isEmpty()) {
                throw bad(
                        Setting.ENCRYPTION_KEY_FILE,
                        "this, %s or %s is required with an external database, as all nodes need the same keys"
                                .formatted(
                                        Setting.ENCRYPTION_KEYS.variable(),
                                        Setting.ENCRYPTION_KEY_COMMAND.variable()),
                        Optional.empty());
            }
            Optional<String> clientMetadataUrl = clientMetadataUrl(publicUrl);
            return new Configuration(
                    text(Setting.HOST).orElse("127.0.0.1"),
                    port,
                    text(Setting.ADMIN_HOST).orElse("127.0.0.1"),
                    port(Setting.ADMIN_PORT, 8081),
                    publicUrl,
                    proxies(),
                    load(),
                    database,
                    number(Setting.DATABASE_CONNECTIONS, 10, 2, 500),
                    dataDirectory(),
                    parsed(Setting.ADMIN_KEY, ApiKeySecret::new),
                    keys,
                    parsed(Setting.OUTBOUND_ALLOW, OutboundAllow::parse)
                            .orElse(OutboundAllow.NOTHING),
                    outboundProxy(),
                    parsed(Setting.OUTBOUND_CA_FILE, Reader::certificate),
                    text(Setting.CLIENT_NAME).orElse("Mooring"),
                    clientMetadataUrl,
                    clientKey(clientMetadataUrl.isPresent()),
                    parsed(Setting.ASSERTION_DIR, Reader::directory),
                    oidc(),
                    Duration.ofDays(number(Setting.AUDIT_RETENTION_DAYS, 400, 1, 36_500)),
                    parsed(Setting.LOG_LEVEL, Logging.Level::parse).orElse(Logging.Level.INFO),
                    parsed(Setting.LOG_FORMAT, Logging.Format::parse).orElse(Logging.Format.JSON));
        }

        private Optional<String> text(Setting setting) {
            return Optional.ofNullable(values.get(setting))
                    .map(String::strip)
                    .filter(value -> !value.isEmpty());
        }

        private <T> Optional<T> parsed(Setting setting, Function<String, T> parser) {
            return text(setting)
                    .map(value -> {
                        try {
                            return parser.apply(value);
                        } catch (IllegalArgumentException e) {
                            throw bad(setting, String.valueOf(e.getMessage()), Optional.of(e));
                        }
                    });
        }

        private static ConfigurationException bad(
                Setting setting, String problem, Optional<Exception> cause) {
            String message = "%s (%s): %s".formatted(setting.variable(), setting.key(), problem);
            return cause.map(known -> new ConfigurationException(message, known))
                    .orElseGet(() -> new ConfigurationException(message));
        }

        private int number(Setting setting, int standard, int least, int most) {
            return parsed(
                            setting,
                            value -> {
                                int number;
                                try {
                                    number = Integer.parseInt(value);
                                } catch (NumberFormatException e) {
                                    throw new IllegalArgumentException("must be a number", e);
                                }
                                if (number < least || number > most) {
                                    throw new IllegalArgumentException(
                                            "must be between " + least + " and " + most);
                                }
                                return number;
                            })
                    .orElse(standard);
        }

        private int port(Setting setting, int standard) {
            return number(setting, standard, 1, 65_535);
        }

        private URI publicUrl(int port) {
            return parsed(
                            Setting.PUBLIC_URL,
                            value -> {
                                URI url = HttpUrl.requireHttpUrl("public_url", value);
                                if (url.getRawQuery() != null || url.getRawFragment() != null) {
                                    throw new IllegalArgumentException(
                                            "must have neither query nor fragment");
                                }
                                // MCP: a redirect URI is https, or on the person's own machine.
                                if (url.getScheme().equalsIgnoreCase("http")
                                        && !new RedirectUri(value).isLoopback()) {
                                    throw new IllegalArgumentException(
                                            "must be https unless the host is localhost");
                                }
                                return URI.create(value.replaceAll("/+$", ""));
                            })
                    .orElseGet(() -> URI.create("http://localhost:" + port));
        }

        private Proxies proxies() {
            Optional<List<Network>> networks = parsed(Setting.TRUSTED_PROXIES, Reader::networks);
            if (networks.isEmpty() && text(Setting.TRUSTED_PROXY_HEADER).isPresent()) {
                throw bad(
                        Setting.TRUSTED_PROXY_HEADER,
                        "means nothing without " + Setting.TRUSTED_PROXIES.variable(),
                        Optional.empty());
            }
            return new Proxies(
                    networks.orElseGet(List::of),
                    parsed(Setting.TRUSTED_PROXY_HEADER, ForwardingHeader::parse)
                            .orElse(ForwardingHeader.X_FORWARDED_FOR));
        }

        private static List<Network> networks(String list) {
            return Stream.of(list.split(",", -1))
                    .map(part -> part.strip().toLowerCase(Locale.ROOT))
                    .map(part ->
                            Network.parse(part)
                                    .orElseThrow(() ->
                                            new IllegalArgumentException(
                                                    "\"%s\" is not an address or CIDR block"
                                                            .formatted(part))))
                    .toList();
        }

        private Load load() {
            int rateLimit = number(Setting.RATE_LIMIT, 5000, 0, 1_000_000);
            if (rateLimit == 0 && text(Setting.RATE_BURST).isPresent()) {
                throw bad(
                        Setting.RATE_BURST,
                        "means nothing without " + Setting.RATE_LIMIT.variable(),
                        Optional.empty());
            }
            return new Load(
                    number(Setting.CONNECTIONS, 4096, 1, 1_000_000),
                    number(Setting.CONCURRENT_REQUESTS, 512, 1, 1_000_000),
                    number(Setting.QUEUED_REQUESTS, 1024, 0, 1_000_000),
                    rateLimit,
                    number(Setting.RATE_BURST, 2 * rateLimit, 1, 2_000_000),
                    number(Setting.ADDRESS_RATE_LIMIT, 200, 0, 1_000_000));
        }

        private Optional<ExternalDatabase> database() {
            Optional<String> url =
                    parsed(
                            Setting.DATABASE_URL,
                            value -> {
                                if (!value.matches("jdbc:postgresql:(//[^/?]+/)?[^/?]+(\\?.*)?")) {
                                    throw new IllegalArgumentException(
                                            "must look like jdbc:postgresql://host:port/database");
                                }
                                return value;
                            });
            for (Setting setting : Set.of(Setting.DATABASE_USER, Setting.DATABASE_PASSWORD)) {
                if (url.isEmpty() && text(setting).isPresent()) {
                    throw bad(
                            setting,
                            "means nothing without " + Setting.DATABASE_URL.variable(),
                            Optional.empty());
                }
            }
            return url.map(value ->
                    new ExternalDatabase(
                            value,
                            text(Setting.DATABASE_USER).orElse(""),
                            text(Setting.DATABASE_PASSWORD).orElse("")));
        }

        private Optional<KeySource> encryptionKeys() {
            String file = Setting.ENCRYPTION_KEY_FILE.variable();
            String keys = Setting.ENCRYPTION_KEYS.variable();
            String command = Setting.ENCRYPTION_KEY_COMMAND.variable();
            List<KeySource> given =
                    Stream.of(
                                    text(Setting.ENCRYPTION_KEY_FILE)
                                            .map(value -> new KeyFile(file, Path.of(value))),
                                    text(Setting.ENCRYPTION_KEYS)
                                            .map(value -> new KeyText(keys, value)),
                                    text(Setting.ENCRYPTION_KEY_COMMAND)
                                            .map(value ->
                                                    new KeyCommand(
                                                            command, List.of(value.split("\\s+")))))
                            .<KeySource>flatMap(Optional::stream)
                            .toList();
            if (given.size() > 1) {
                throw new ConfigurationException(
                        "Of %s, %s and %s only one can be set".formatted(file, keys, command));
            }
            return given.stream().findFirst();
        }

        private Path dataDirectory() {
            return parsed(Setting.DATA_DIR, Path::of)
                    .orElseGet(() -> sharedData().resolve("mooring"))
                    .toAbsolutePath();
        }

        /** XDG Base Directory Specification: a variable that is empty is as good as unset. */
        private Path sharedData() {
            return variable("XDG_DATA_HOME")
                    .map(Path::of)
                    .orElseGet(() -> home().resolve(".local/share"));
        }

        /** Service managers often leave HOME out; the JVM then asks the list of users. */
        private Path home() {
            return variable("HOME")
                    .or(() ->
                            Optional.of(System.getProperty("user.home", "?"))
                                    .filter(home -> !home.equals("?")))
                    .map(Path::of)
                    .orElseThrow(() ->
                            bad(
                                    Setting.DATA_DIR,
                                    "is required for a user without a home directory",
                                    Optional.empty()));
        }

        private Optional<String> variable(String name) {
            return Optional.ofNullable(environment.get(name)).filter(value -> !value.isBlank());
        }

        private Optional<OutboundProxy> outboundProxy() {
            Optional<OutboundProxy.Credentials> credentials = proxyCredentials();
            Optional<OutboundProxy> proxy =
                    parsed(Setting.OUTBOUND_PROXY, value -> proxy(value, credentials));
            if (proxy.isEmpty() && credentials.isPresent()) {
                throw bad(
                        Setting.OUTBOUND_PROXY_USER,
                        "goes with " + Setting.OUTBOUND_PROXY.variable() + " alone",
                        Optional.empty());
            }
            return proxy;
        }

        private Optional<OutboundProxy.Credentials> proxyCredentials() {
            Optional<String> user = text(Setting.OUTBOUND_PROXY_USER);
            Optional<String> password = text(Setting.OUTBOUND_PROXY_PASSWORD);
            if (user.isPresent() != password.isPresent()) {
                throw bad(
                        user.isPresent()
                                ? Setting.OUTBOUND_PROXY_PASSWORD
                                : Setting.OUTBOUND_PROXY_USER,
                        "user and password are given together or not at all",
                        Optional.empty());
            }
            return user.map(name -> new OutboundProxy.Credentials(name, password.orElseThrow()));
        }

        private OutboundProxy proxy(String value, Optional<OutboundProxy.Credentials> credentials) {
            URI url = HttpUrl.requireHttpUrl("proxy", value);
            if (!url.getScheme().equals("http") || url.getPort() < 0) {
                throw new IllegalArgumentException("must look like http://host:port");
            }
            return new OutboundProxy(
                    url.getHost(),
                    url.getPort(),
                    credentials,
                    parsed(Setting.OUTBOUND_PROXY_CONNECTS_BY_NAME, Reader::truth).orElse(false));
        }

        private static boolean truth(String value) {
            return switch (value) {
                case "true" -> true;
                case "false" -> false;
                default -> throw new IllegalArgumentException("must be true or false");
            };
        }

        private static Path directory(String name) {
            Path directory = Path.of(name);
            if (!Files.isDirectory(directory)) {
                throw new IllegalArgumentException("is not a directory");
            }
            return directory;
        }

        private static TrustedCa certificate(String file) {
            try {
                return new TrustedCa(Files.readString(Path.of(file)));
            } catch (IOException e) {
                throw new IllegalArgumentException("cannot be read", e);
            }
        }

        private Optional<String> clientMetadataUrl(URI publicUrl) {
            Optional<String> given =
                    parsed(
                            Setting.CLIENT_METADATA_URL,
                            value -> {
                                URI url = HttpUrl.requireHttpUrl("client_metadata_url", value);
                                // MCP client registration: https, and with a path.
                                if (!url.getScheme().equals("https")
                                        || url.getRawPath().length() < 2) {
                                    throw new IllegalArgumentException(
                                            "must be an https URL with a path");
                                }
                                return value;
                            });
            return given.or(() ->
                    Optional.of(publicUrl)
                            .filter(url -> url.getScheme().equals("https"))
                            .map(url -> url + "/.well-known/oauth-client"));
        }

        private Optional<ClientKeyPair> clientKey(boolean documented) {
            if (!documented && text(Setting.CLIENT_PRIVATE_KEY_FILE).isPresent()) {
                throw bad(
                        Setting.CLIENT_PRIVATE_KEY_FILE,
                        "means nothing without a document that publishes the key, at an https %s or at %s"
                                .formatted(
                                        Setting.PUBLIC_URL.variable(),
                                        Setting.CLIENT_METADATA_URL.variable()),
                        Optional.empty());
            }
            return parsed(Setting.CLIENT_PRIVATE_KEY_FILE, Reader::keyPair);
        }

        private static ClientKeyPair keyPair(String file) {
            try {
                return ClientKeyPair.read(Files.readString(Path.of(file)));
            } catch (IOException e) {
                throw new IllegalArgumentException("cannot be read", e);
            }
        }

        private Optional<Oidc> oidc() {
            Optional<URI> issuer =
                    parsed(
                            Setting.OIDC_ISSUER,
                            value -> HttpUrl.requireHttpUrl("oidc_issuer", value));
            Optional<String> clientId = text(Setting.OIDC_CLIENT_ID);
            Optional<String> clientSecret = text(Setting.OIDC_CLIENT_SECRET);
            Optional<String> audience = text(Setting.OIDC_AUDIENCE).or(() -> clientId);
            if (issuer.isPresent() && audience.isEmpty()) {
                throw bad(
                        Setting.OIDC_AUDIENCE,
                        "is required with " + Setting.OIDC_ISSUER.variable(),
                        Optional.empty());
            }
            if (clientId.isPresent() != clientSecret.isPresent()) {
                throw bad(
                        clientId.isPresent() ? Setting.OIDC_CLIENT_SECRET : Setting.OIDC_CLIENT_ID,
                        "client id and client secret are given together or not at all",
                        Optional.empty());
            }
            return issuer.map(url ->
                    new Oidc(
                            url,
                            audience.orElseThrow(),
                            clientId.map(id -> new Oidc.Browser(id, clientSecret.orElseThrow()))));
        }
    }
}
