/** Mooring's use cases and the ports they drive, for any runtime on Java 21 or newer. */
module dev.mooring.application {
    requires transitive dev.mooring.domain;
    requires static transitive org.jspecify;

    exports dev.mooring.application;
    exports dev.mooring.application.port;
}
