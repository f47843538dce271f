use md5::Md5;
use sha2::{Digest, Sha256};
use xen4centos_artifact::header::{DependencyKind, Header, HeaderBuilder, HeaderError, Lead, Part, tag};

use super::{
    dependencies::Dependencies,
    files::Files,
    hex,
    identity::{Identity, Role},
    random::Random,
    scale::Scale,
    short,
    words::{STEMS, phrase, prose},
};

/// A package of the corpus.
#[derive(Clone, Copy)]
pub(crate) struct Package {
    /// Which of them.
    pub(crate) number: usize,
    /// Whether it was built once more: the same name and files, another build time, contents and changelog.
    pub(crate) rebuilt: bool,
}

/// 2013-03-02, and a minute from one package to the next.
const FIRST_BUILD: u32 = 1_362_182_400;

impl Package {
    pub(crate) fn build_time(self) -> u32 {
        self.first_build_time() + if self.rebuilt { 10_000_000 } else { 0 }
    }

    fn first_build_time(self) -> u32 {
        FIRST_BUILD + 60 * short(self.number % 100_000)
    }

    /// The bytes of the whole file.
    pub(crate) fn bytes(self, scale: &Scale) -> Result<Vec<u8>, HeaderError> {
        let seed = (self.number as u64) << 8;
        let mut random = Random::new(seed);
        let mut contents = Random::new(seed ^ 0x55 ^ (u64::from(self.rebuilt) << 4));
        let payload = contents.bytes(scale.payload(self.number, &mut random));
        let (header, installed) = self.header(scale, &mut random, &mut contents);
        let header = header
            .strings(tag::PAYLOAD_DIGEST, &[&hex(&Sha256::digest(&payload))])
            .u32s(tag::PAYLOAD_DIGEST_ALGO, &[8])
            .build(tag::HEADER_IMMUTABLE);
        let both = Md5::new().chain_update(&header).chain_update(&payload).finalize();
        let mut signature = HeaderBuilder::new()
            .string(tag::SIG_SHA256, &hex(&Sha256::digest(&header)))
            .u32s(tag::SIG_SIZE, &[short(header.len() + payload.len())])
            .bytes(tag::SIG_MD5, &both)
            .u32s(tag::SIG_PAYLOAD_SIZE, &[installed])
            .build(tag::HEADER_SIGNATURES);
        signature.resize(signature.len().next_multiple_of(8), 0);
        let lead = Lead::for_header(&Header::read(&mut &header[..], Part::Main)?);
        Ok([&lead.as_bytes()[..], &signature, &header, &payload].concat())
    }

    fn header(self, scale: &Scale, random: &mut Random, contents: &mut Random) -> (HeaderBuilder, u32) {
        let identity = Identity::of(self.number);
        let files = Files::new(&identity, scale.files(self.number, random), random);
        let header = self.preamble(&identity, random);
        let header = scriptlets(header, &identity);
        let configured = files.is_configured();
        let header =
            Dependencies::provides(&identity, configured, random).write(DependencyKind::Provides, header);
        let header = Dependencies::requires(self.number, scale.count, configured, random)
            .write(DependencyKind::Requires, header);
        let rivals = [(DependencyKind::Obsoletes, 8), (DependencyKind::Conflicts, 4)];
        let header = rivals.into_iter().fold(header, |header, (kind, percent)| {
            let list = Dependencies::rivals(&identity, percent, random);
            if list.is_empty() { header } else { list.write(kind, header) }
        });
        let header =
            self.changelog(header, &identity, random.between(scale.changes.0, scale.changes.1), random);
        let (header, installed) = files.write(header, self.build_time(), contents);
        (header.u32s(tag::SIZE, &[installed]), installed)
    }

    fn preamble(self, identity: &Identity, random: &mut Random) -> HeaderBuilder {
        let licenses =
            ["GPLv2+", "LGPLv2+", "MIT", "BSD", "GPLv2+ and LGPLv2+ and BSD", "ASL 2.0", "GPL+ or Artistic"];
        let groups = [
            "System Environment/Libraries",
            "Development/Libraries",
            "Applications/System",
            "Applications/Internet",
        ];
        let host = format!("c6b{}.bsys.dev.example.org", random.between(7, 12));
        let (summary_words, length) = (random.between(4, 10), random.between(300, 1700));
        let header = HeaderBuilder::new()
            .strings(tag::HEADER_I18N_TABLE, &["C"])
            .string(tag::NAME, &identity.name)
            .string(tag::VERSION, &identity.version)
            .string(tag::RELEASE, &identity.release)
            .string(tag::SUMMARY, &phrase(random, summary_words))
            .string(tag::DESCRIPTION, &prose(random, length))
            .u32s(tag::BUILD_TIME, &[self.build_time()])
            .string(tag::BUILD_HOST, &host)
            .string(tag::VENDOR, "Example Enterprise Packages")
            .string(tag::LICENSE, random.pick(&licenses))
            .string(tag::PACKAGER, "Example BuildSystem <https://bugs.example.org>")
            .string(tag::GROUP, random.pick(&groups))
            .string(
                tag::URL,
                &format!("https://www.{}.example.org/projects/{}/", identity.stem, identity.source),
            )
            .string(tag::OS, "linux")
            .string(tag::ARCH, identity.arch)
            .string(tag::SOURCE_RPM, &identity.source_rpm())
            .string(tag::RPM_VERSION, "4.8.0")
            .string(tag::COOKIE, &format!("{host} {}", self.build_time()))
            .string(tag::PAYLOAD_FORMAT, "cpio")
            .string(tag::PAYLOAD_COMPRESSOR, "xz")
            .string(tag::PAYLOAD_FLAGS, "2")
            .string(tag::PLATFORM, &format!("{}-redhat-linux-gnu", identity.arch));
        match identity.epoch {
            Some(epoch) => header.u32s(tag::EPOCH, &[epoch]),
            None => header,
        }
    }

    /// Newest first.
    fn changelog(
        self,
        header: HeaderBuilder,
        identity: &Identity,
        count: usize,
        random: &mut Random,
    ) -> HeaderBuilder {
        let noon = |time| time / 86_400 * 86_400 + 43_200;
        let mut times = vec![noon(self.first_build_time())];
        let mut names = vec![String::new(); count];
        let mut texts = Vec::with_capacity(count);
        for (number, name) in names.iter_mut().enumerate() {
            let (first, last) = (random.pick(&STEMS), random.pick(&STEMS));
            let release = count - number;
            *name = format!("{first} {last} <{first}.{last}@example.org> - {}-{release}", identity.version);
            let mut text = String::new();
            let length = [60, 70, 90, 120, 170, 300][random.below(6)];
            while text.len() < length {
                let words = random.between(5, 14);
                let line = format!("{}- {}", if text.is_empty() { "" } else { "\n" }, phrase(random, words));
                text.push_str(&line);
            }
            texts.push(text);
            times.push(times[number] - 86_400 * short(random.between(1, 200)));
        }
        times.truncate(count);
        if self.rebuilt {
            let release = count + 1;
            times.insert(0, noon(self.build_time()));
            names.insert(
                0,
                format!("Release Engineering <rel-eng@example.org> - {}-{release}", identity.version),
            );
            texts.insert(0, "- Rebuilt".to_owned());
        }
        header
            .u32s(tag::CHANGELOG_TIME, &times)
            .strings(tag::CHANGELOG_NAME, &names.iter().map(String::as_str).collect::<Vec<_>>())
            .strings(tag::CHANGELOG_TEXT, &texts.iter().map(String::as_str).collect::<Vec<_>>())
    }
}

fn scriptlets(header: HeaderBuilder, identity: &Identity) -> HeaderBuilder {
    match identity.role {
        Role::Library => {
            header.string(tag::POST_IN_PROG, "/sbin/ldconfig").string(tag::POST_UN_PROG, "/sbin/ldconfig")
        }
        Role::Main => header
            .string(tag::POST_IN, &format!("/sbin/chkconfig --add {}\nexit 0", identity.name))
            .string(tag::POST_IN_PROG, "/bin/sh"),
        _ => header,
    }
}
