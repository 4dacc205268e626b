//! Settings of the files of records: where their bytes are, and how many somebody may have.

use super::Config;
use crate::exit::Stop;
use crate::key_file;
use files::{BadBucket, Blobs, Bucket, BucketSettings, Folder};
use std::path::{Path, PathBuf};

/// Which of the two places.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub(crate) enum FilePlace {
    /// The folder that `files.folder` names
    Folder,
    /// The bucket that `files.s3` names
    S3,
}

impl FilePlace {
    /// The other one.
    pub(crate) fn other(self) -> FilePlace {
        match self {
            FilePlace::Folder => FilePlace::S3,
            FilePlace::S3 => FilePlace::Folder,
        }
    }

    /// As `files.store` says it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            FilePlace::Folder => "folder",
            FilePlace::S3 => "s3",
        }
    }
}

impl Config {
    /// The folder of the files of records.
    pub fn files_folder(&self) -> PathBuf {
        match self.text("files.folder") {
            "" => self.data().join("files"),
            folder => PathBuf::from(folder),
        }
    }

    /// Bytes of files that one user or key may have attached.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what is no number of mebibytes.
    pub fn files_quota(&self) -> Result<i64, Stop> {
        let mib: u32 = self.number("files.quota_mib")?;
        Ok(i64::from(mib) << 20)
    }

    /// Where files are kept.
    ///
    /// # Errors
    /// [`Stop::Settings`] for another word.
    pub(crate) fn file_place(&self) -> Result<FilePlace, Stop> {
        const NAME: &str = "files.store";
        match self.text(NAME) {
            "folder" => Ok(FilePlace::Folder),
            "s3" => Ok(FilePlace::S3),
            other => Err(self.wrong(NAME, &format!("`{other}` is neither `folder` nor `s3`"))),
        }
    }

    /// The place where files are kept.
    ///
    /// # Errors
    /// [`Stop::Settings`] for what makes no sense, and for keys that cannot be read; also what [`Config::outbound`] refuses.
    pub(crate) fn blobs(&self) -> Result<Blobs, Stop> {
        self.blobs_at(self.file_place()?)
    }

    /// Either place, whether or not it is where files are kept.
    ///
    /// # Errors
    /// As [`Config::blobs`].
    pub(crate) fn blobs_at(&self, place: FilePlace) -> Result<Blobs, Stop> {
        let folder = Folder::new(self.files_folder());
        match place {
            FilePlace::Folder => Ok(Blobs::in_folder(folder)),
            FilePlace::S3 => Ok(Blobs::in_bucket(self.bucket()?, folder)),
        }
    }

    fn bucket(&self) -> Result<Bucket, Stop> {
        const ENDPOINT: &str = "files.s3.endpoint";
        const BUCKET: &str = "files.s3.bucket";
        const FILE: &str = "files.s3.credentials_file";
        for needed in [ENDPOINT, BUCKET, FILE] {
            if self.text(needed).is_empty() {
                return Err(self.wrong(needed, "a bucket needs it"));
            }
        }
        let text = key_file::read_text("the keys of the bucket", Path::new(self.text(FILE)))?;
        let lines: Vec<&str> = text.lines().map(str::trim).collect();
        let [access_key, secret] = lines.as_slice() else {
            return Err(
                self.wrong(FILE, "it does not hold the access key on one line and the secret on the next")
            );
        };
        let settings = BucketSettings {
            endpoint: self.text(ENDPOINT).to_owned(),
            region: self.text("files.s3.region").to_owned(),
            name: self.text(BUCKET).to_owned(),
            prefix: self.text("files.s3.prefix").to_owned(),
            path_style: self.flag("files.s3.path_style")?,
            access_key: (*access_key).to_owned(),
            secret: (*secret).to_owned(),
        };
        Bucket::new(settings, self.outbound()?).map_err(|bad| {
            let name = match bad {
                BadBucket::Endpoint(_) => ENDPOINT,
                BadBucket::Name(_) => BUCKET,
                BadBucket::Region(_) => "files.s3.region",
                BadBucket::Prefix(_) => "files.s3.prefix",
            };
            self.wrong(name, &bad.to_string())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Flags;
    use super::super::environment::Variables;
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_bucket_has_all_that_it_needs_and_shows_no_key() {
        let folder = tempfile::tempdir().unwrap();
        let keys = folder.path().join("keys");
        let read = |keys_text: &str, mode: u32, more: &str| {
            std::fs::write(&keys, keys_text).unwrap();
            std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(mode)).unwrap();
            let file = folder.path().join("stockwell.toml");
            let text = format!(
                "[files]\nstore = \"s3\"\n[files.s3]\nendpoint = \"https://s3.example\"\nbucket = \"shop-files\"\n\
                 credentials_file = \"{}\"\n{more}",
                keys.display()
            );
            std::fs::write(&file, text).unwrap();
            let flags = Flags { config: Some(file), ..Flags::default() };
            Config::read_with(&flags, &Variables::of(std::iter::empty())?)
        };
        let config = read("AKIA\n  s3cr3t \n", 0o600, "prefix = \"a\"").unwrap();
        assert_eq!(config.blobs().unwrap().to_string(), "https://s3.example/shop-files/a/");
        let shown: String = config.shown().map(|(_, value, _)| value).collect();
        assert!(!shown.contains("AKIA") && !format!("{config:?}").contains("s3cr3t"), "{shown}");
        let rows = [
            ("AKIA", 0o600, "", "the access key on one line and the secret on the next"),
            ("AKIA\ns3cr3t\nmore", 0o600, "", "the access key on one line"),
            ("AKIA\ns3cr3t", 0o640, "", "others can read it (mode 640)"),
            ("AKIA\ns3cr3t", 0o600, "prefix = \"/a\"", "the setting `files.s3.prefix` (file"),
            ("AKIA\ns3cr3t", 0o600, "region = \"\"", "`` is no region"),
            ("AKIA\ns3cr3t", 0o600, "path_style = \"maybe\"", "`maybe` is neither `true` nor `false`"),
            ("AKIA\ns3cr3t", 0o600, "path_styles = true", "is `files.s3.path_style` meant?"),
        ];
        for (text, mode, more, why) in rows {
            let refused = read(text, mode, more).unwrap_err();
            assert!(refused.to_string().contains(why), "{refused}");
            assert!(!refused.to_string().contains("s3cr3t"), "{refused}");
        }
    }
}
