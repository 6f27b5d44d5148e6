package dev.mooring.architecture;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.INTERFACES;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.belongToAnyOf;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.properties.HasModifiers.Predicates.modifier;
import static com.tngtech.archunit.lang.conditions.ArchConditions.have;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.GeneralCodingRules.ACCESS_STANDARD_STREAMS;
import static com.tngtech.archunit.library.GeneralCodingRules.THROW_GENERIC_EXCEPTIONS;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;

import org.jspecify.annotations.NullMarked;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.net.HttpURLConnection;
import java.net.IDN;
import java.net.Socket;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLConnection;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.channels.SocketChannel;
import java.security.MessageDigest;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What the architecture promises, each promise as a rule over the packages below a root: {@code
 * dev.mooring} itself, or a sample that breaks the promise and must be reported.
 */
final class Architecture {

    /** Pure computation: no files, no network, no threads, no logging. */
    private static final String[] PURE_JAVA = {
        "java.lang",
        "java.lang.annotation",
        "java.lang.invoke",
        "java.lang.runtime",
        "java.math",
        "java.nio.charset",
        "java.text",
        "java.time..",
        "java.util",
        "java.util.function",
        "java.util.random",
        "java.util.regex",
        "java.util.stream",
        "org.jspecify.."
    };

    /** Single types of packages that otherwise do input and output. */
    private static final DescribedPredicate<JavaClass> PURE_TYPES =
            belongToAnyOf(
                    URI.class,
                    URISyntaxException.class,
                    URLEncoder.class,
                    URLDecoder.class,
                    IDN.class,
                    java.io.Serial.class,
                    java.io.Serializable.class,
                    MessageDigest.class,
                    java.security.NoSuchAlgorithmException.class,
                    // Reading a key that was entered is a computation as well.
                    java.security.GeneralSecurityException.class,
                    java.security.Key.class,
                    java.security.KeyFactory.class,
                    java.security.PrivateKey.class,
                    java.security.interfaces.ECPrivateKey.class,
                    java.security.interfaces.EdECPrivateKey.class,
                    java.security.interfaces.RSAPrivateKey.class,
                    java.security.spec.ECParameterSpec.class,
                    java.security.spec.KeySpec.class,
                    java.security.spec.NamedParameterSpec.class,
                    java.security.spec.PKCS8EncodedKeySpec.class);

    /** Methods and constructors that make time or randomness themselves. */
    private static final Map<String, Set<String>> OUT_OF_THIN_AIR =
            Map.ofEntries(
                    Map.entry("java.time.Instant", Set.of("now")),
                    Map.entry("java.time.LocalDate", Set.of("now")),
                    Map.entry("java.time.LocalDateTime", Set.of("now")),
                    Map.entry("java.time.OffsetDateTime", Set.of("now")),
                    Map.entry("java.time.ZonedDateTime", Set.of("now")),
                    Map.entry("java.time.Year", Set.of("now")),
                    Map.entry("java.time.InstantSource", Set.of("system")),
                    Map.entry(
                            "java.time.Clock",
                            Set.of("systemUTC", "systemDefaultZone", "system", "tickMillis")),
                    Map.entry("java.util.Date", Set.of("<init>")),
                    Map.entry("java.util.Random", Set.of("<init>")),
                    Map.entry("java.util.SplittableRandom", Set.of("<init>")),
                    Map.entry("java.util.concurrent.ThreadLocalRandom", Set.of("current")),
                    Map.entry("java.util.random.RandomGenerator", Set.of("of", "getDefault")),
                    Map.entry("java.util.UUID", Set.of("randomUUID")),
                    Map.entry(
                            "java.security.SecureRandom",
                            Set.of("<init>", "getInstance", "getInstanceStrong")),
                    Map.entry("java.lang.Math", Set.of("random")),
                    Map.entry("java.lang.System", Set.of("currentTimeMillis")));

    private static final Map<String, Set<String>> SURROUNDINGS =
            Map.of(
                    "java.lang.System",
                    Set.of("getenv", "getProperty", "getProperties"),
                    "java.lang.Boolean",
                    Set.of("getBoolean"),
                    "java.lang.Integer",
                    Set.of("getInteger"),
                    "java.lang.Long",
                    Set.of("getLong"));

    private static final Set<String> EMPTY_WORDS =
            Set.of(
                    "Impl", "Service", "Manager", "Helper", "Util", "Utils", "DTO", "Dto", "Port",
                    "UseCase", "Mapper");

    /**
     * The secrets that callers and browsers send, or that one answer must show: key, link, webhook
     * secret.
     */
    private static final Set<String> PASS_THE_EDGE =
            Set.of(
                    "ApiKeySecret",
                    "BrowserSecret",
                    "Assertion",
                    "SigningKey",
                    "SubjectToken",
                    "AuthorizationCode",
                    "AuthorizeUrl",
                    "ClientSecret",
                    "State",
                    "Value",
                    "WebhookSecret");

    private Architecture() {}

    static ArchRule arrowsPointInward(String root) {
        return layeredArchitecture()
                .consideringOnlyDependenciesInLayers()
                .layer("domain")
                .definedBy(root + ".domain..")
                .layer("ports")
                .definedBy(root + ".application.port..")
                .layer("use cases")
                .definedBy(root + ".application")
                .layer("rest")
                .definedBy(root + ".adapter.rest..")
                .layer("persistence")
                .definedBy(root + ".adapter.persistence..")
                .layer("oauth")
                .definedBy(root + ".adapter.oauth..")
                .layer("mcp")
                .definedBy(root + ".adapter.mcp..")
                .layer("dpop")
                .definedBy(root + ".adapter.dpop..")
                .layer("webhook")
                .definedBy(root + ".adapter.webhook..")
                .layer("http")
                .definedBy(root + ".adapter.http..")
                .layer("bootstrap")
                .definedBy(root + ".bootstrap..")
                .whereLayer("bootstrap")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("rest")
                .mayOnlyBeAccessedByLayers("bootstrap")
                .whereLayer("persistence")
                .mayOnlyBeAccessedByLayers("bootstrap")
                .whereLayer("oauth")
                .mayOnlyBeAccessedByLayers("bootstrap")
                .whereLayer("mcp")
                .mayOnlyBeAccessedByLayers("bootstrap")
                .whereLayer("dpop")
                .mayOnlyBeAccessedByLayers("oauth", "mcp", "bootstrap")
                .whereLayer("webhook")
                .mayOnlyBeAccessedByLayers("bootstrap")
                .whereLayer("http")
                .mayOnlyBeAccessedByLayers("oauth", "mcp", "dpop", "webhook", "bootstrap")
                .whereLayer("use cases")
                .mayOnlyBeAccessedByLayers("rest", "bootstrap")
                .whereLayer("ports")
                .mayOnlyBeAccessedByLayers(
                        "use cases",
                        "persistence",
                        "oauth",
                        "mcp",
                        "dpop",
                        "webhook",
                        "http",
                        "bootstrap")
                // what use cases take, give and throw
                .ignoreDependency(
                        resideInAPackage(root + ".adapter.rest.."),
                        resideInAPackage(root + ".application.port..")
                                .and(
                                        describe(
                                                "are values",
                                                type ->
                                                        type.isRecord()
                                                                || type.isEnum()
                                                                || type.isAssignableTo(
                                                                        Throwable.class))))
                .ensureAllClassesAreContainedInArchitecture()
                .because(
                        "a driver of the use cases must not reach past them, what they drive must"
                            + " not call back, and an adapter must be replaceable without a look at"
                            + " its neighbours");
    }

    static ArchRule domainStandsAlone(String root) {
        return classes()
                .that()
                .resideInAPackage(root + ".domain..")
                .should()
                .onlyDependOnClassesThat(
                        resideInAPackage(root + ".domain..")
                                .or(resideInAnyPackage(PURE_JAVA))
                                .or(PURE_TYPES))
                .because(
                        "the life cycle is computed, so it is tested and embedded without a world");
    }

    static ArchRule valuesKnowNoLifeCycle(String root) {
        return CompositeArchRule.of(
                        noClasses()
                                .that()
                                .resideInAnyPackage(
                                        root + ".domain.access..",
                                        root + ".domain.mcp..",
                                        root + ".domain.oauth..")
                                .should()
                                .dependOnClassesThat()
                                .resideInAnyPackage(
                                        root + ".domain.client..", root + ".domain.lifecycle.."))
                .and(
                        noClasses()
                                .that()
                                .resideInAPackage(root + ".domain.client..")
                                .should()
                                .dependOnClassesThat()
                                .resideInAPackage(root + ".domain.lifecycle.."))
                .because("what a standard defines stays true whatever our states become");
    }

    static ArchRule applicationStandsAlone(String root) {
        return classes()
                .that()
                .resideInAPackage(root + ".application..")
                .should()
                .onlyDependOnClassesThat(
                        resideInAnyPackage(root + ".domain..", root + ".application..")
                                .or(resideInAnyPackage(PURE_JAVA))
                                .or(resideInAPackage("java.util.concurrent.."))
                                .or(PURE_TYPES))
                .because(
                        "a runtime that embeds the use cases brings its own framework and storage");
    }

    static ArchRule packagesFormNoCycle(String root) {
        return slices().matching(root + ".(**)")
                .should()
                .beFreeOfCycles()
                .because("packages that know each other can only be read, and changed, as one");
    }

    static ArchRule domainIsImmutable(String root) {
        return CompositeArchRule.of(
                        classes()
                                .that()
                                .resideInAPackage(root + ".domain..")
                                .and()
                                .areNotInterfaces()
                                .and()
                                .doNotHaveModifier(JavaModifier.SYNTHETIC)
                                .should()
                                .haveModifier(JavaModifier.FINAL)
                                .orShould()
                                .beEnums())
                .and(
                        fields().that()
                                .areDeclaredInClassesThat(
                                        resideInAPackage(root + ".domain..")
                                                // the cursor of a parser lives for one call
                                                .and(not(modifier(JavaModifier.PRIVATE))))
                                .should()
                                .beFinal())
                .because(
                        "a state changes by becoming another state, and may be read by any thread");
    }

    static ArchRule domainChoicesAreSealed(String root) {
        return classes()
                .that()
                .resideInAPackage(root + ".domain..")
                .and()
                .areInterfaces()
                .and()
                .doNotHaveSimpleName("package-info")
                .and()
                .doNotHaveFullyQualifiedName(root + ".domain.Secret")
                .should(have(describe("a permits clause", type -> type.reflect().isSealed())))
                .because("the compiler lists the places that a new state or answer touches");
    }

    static ArchRule useCasesAreFinal(String root) {
        return classes()
                .that()
                .resideInAPackage(root + ".application")
                .and()
                .areNotInterfaces()
                .and()
                .doNotHaveModifier(JavaModifier.SYNTHETIC)
                .should()
                .haveModifier(JavaModifier.FINAL)
                .orShould()
                .beEnums()
                .because("a use case is used as it is: what varies stands behind a port");
    }

    static ArchRule nothingComesOutOfThinAir(String root) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(root + ".bootstrap..")
                .should()
                .accessTargetWhere(isOneOf(OUT_OF_THIN_AIR))
                .because(
                        "time is an InstantSource and chance a RandomGenerator, so tests own them");
    }

    static ArchRule onlyBootstrapLooksAround(String root) {
        return noClasses()
                .that()
                // the embedded server is a program of this machine, so its starter must know it
                .resideOutsideOfPackages(
                        root + ".bootstrap..", root + ".adapter.persistence.embedded..")
                .should()
                .accessTargetWhere(isOneOf(SURROUNDINGS))
                .because("settings that are read in one place are checked and documented there");
    }

    static ArchRule secretsKeepSilent(String root) {
        return classes()
                .that(areSecrets(root))
                .should(have(describe("a toString that was written", Architecture::writesToString)))
                .because("whoever logs a record logs its components");
    }

    static ArchRule eventsHoldNoSecret(String root) {
        return noClasses()
                .that()
                .areAssignableTo(root + ".domain.lifecycle.ClientEvent")
                .or()
                .resideInAPackage(root + ".domain.audit..")
                .should()
                .transitivelyDependOnClassesThat(areSecrets(root))
                .because("events are kept for long and read by many");
    }

    static ArchRule restShowsNoToken(String root) {
        return noClasses()
                .that()
                .resideInAPackage(root + ".adapter.rest..")
                .should()
                .dependOnClassesThat(
                        areSecrets(root)
                                .and(resideOutsideOfPackage(root + ".adapter.rest.."))
                                .and(
                                        describe(
                                                "do not pass the edge by contract",
                                                type ->
                                                        !PASS_THE_EDGE.contains(
                                                                type.getSimpleName()))))
                .because("what the edge cannot see, no answer of its can show");
    }

    static ArchRule callsOutAreGuarded(String root) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(root + ".adapter.http..")
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage("java.net.http..", "javax.net.ssl..")
                                .or(
                                        belongToAnyOf(
                                                Socket.class,
                                                SocketChannel.class,
                                                URLConnection.class,
                                                HttpURLConnection.class)))
                .because("one client checks addresses, sizes and times for everybody");
    }

    static ArchRule librariesStayBehindTheirAdapter(String root) {
        return CompositeArchRule.of(
                        only(
                                "io.helidon..",
                                root,
                                "adapter.rest",
                                "adapter.persistence",
                                "bootstrap"))
                .and(only("java.sql..", root, "adapter.persistence"))
                .and(only("javax.sql..", root, "adapter.persistence"))
                .and(only("org.flywaydb..", root, "adapter.persistence"))
                .and(only("com.zaxxer..", root, "adapter.persistence"))
                .and(only("org.postgresql..", root, "adapter.persistence"))
                .and(only("com.nimbusds.oauth2..", root, "adapter.oauth"))
                .and(only("com.nimbusds.openid..", root, "adapter.oauth"))
                .and(
                        only(
                                "com.nimbusds.jose..",
                                root,
                                "adapter.dpop",
                                "adapter.oauth",
                                "adapter.rest"))
                .and(
                        only(
                                "com.nimbusds.jwt..",
                                root,
                                "adapter.dpop",
                                "adapter.oauth",
                                "adapter.rest"))
                .and(only("org.apache.hc..", root, "adapter.http"))
                .and(only("picocli..", root, "bootstrap"))
                .because("a library that one adapter knows is replaced in one place");
    }

    static ArchRule namesSayWhatThingsAre(String root) {
        return noClasses()
                .that()
                .resideInAPackage(root + "..")
                .should(
                        have(
                                describe(
                                        "a name that ends in an empty word",
                                        type ->
                                                EMPTY_WORDS.stream()
                                                        .anyMatch(type.getSimpleName()::endsWith))))
                .because("such a word tells of a pattern and not of the thing");
    }

    static ArchRule accessorsHaveNoGet(String root) {
        return methods()
                .that()
                .areDeclaredInClassesThat()
                .resideInAnyPackage(root + ".domain..", root + ".application..")
                .should()
                .haveNameNotMatching("(get|set)[A-Z].*")
                .because("a record names what it holds");
    }

    static ArchRule failuresAreSpecific(String root) {
        return noClasses()
                .that()
                .resideInAPackage(root + "..")
                .should(THROW_GENERIC_EXCEPTIONS)
                .because("a caller can only act on a failure that has a name");
    }

    static ArchRule onlyBootstrapPrints(String root) {
        return noClasses()
                .that()
                .resideOutsideOfPackage(root + ".bootstrap..")
                .should(ACCESS_STANDARD_STREAMS)
                .orShould()
                .dependOnClassesThat()
                .resideInAnyPackage("java.util.logging..", "org.slf4j..")
                .because("the embedding runtime decides through System.Logger where words go");
    }

    static ArchRule packagesAreDescribed(String root) {
        return classes()
                .that()
                .resideInAPackage(root + "..")
                .should(
                        have(
                                describe(
                                        "a null-marked package-info beside them",
                                        type ->
                                                type.getPackage()
                                                        .tryGetPackageInfo()
                                                        .filter(info ->
                                                                info.isAnnotatedWith(
                                                                        NullMarked.class))
                                                        .isPresent())))
                .because("a package says what it is for, and the compiler checks it for null");
    }

    static ArchRule embeddersNeedJava21(String root) {
        return classes()
                .that()
                .resideInAnyPackage(root + ".domain..", root + ".application..")
                .should(
                        have(
                                describe(
                                        "bytecode of Java 21",
                                        type ->
                                                bytecode(type).majorVersion()
                                                        == ClassFile.JAVA_21_VERSION)))
                .because("runtimes on Java 21 embed them");
    }

    /** That nothing outside the named packages knows a library. */
    private static ArchRule only(String library, String root, String... users) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(
                        Stream.of(users)
                                .map(user -> root + "." + user + "..")
                                .toArray(String[]::new))
                .should()
                .dependOnClassesThat()
                .resideInAPackage(library);
    }

    private static DescribedPredicate<JavaAccess<?>> isOneOf(Map<String, Set<String>> members) {
        return describe(
                "is one of " + members,
                access ->
                        members.getOrDefault(access.getTargetOwner().getName(), Set.of())
                                .contains(access.getName()));
    }

    private static DescribedPredicate<JavaClass> areSecrets(String root) {
        return assignableTo(root + ".domain.Secret").and(not(INTERFACES)).as("are secrets");
    }

    /** Whether {@code toString} was written by hand, and not made by the compiler of a record. */
    private static boolean writesToString(JavaClass type) {
        return bytecode(type).methods().stream()
                .filter(method -> method.methodName().equalsString("toString"))
                .flatMap(method -> method.code().stream())
                .anyMatch(code ->
                        code.elementStream().noneMatch(InvokeDynamicInstruction.class::isInstance));
    }

    private static ClassModel bytecode(JavaClass type) {
        try (InputStream in = type.getSource().orElseThrow().getUri().toURL().openStream()) {
            return ClassFile.of().parse(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
