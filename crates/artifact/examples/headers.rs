//! What reading headers costs: `headers DIRECTORY` reads those of each package there, goes through all strings and files in
//! them, and prints how many there are. `time` says what it took; run it with `--release`.

#![expect(clippy::print_stdout, reason = "a measuring program prints")]

use std::{error::Error, hint::black_box, io::BufReader};

use xen4centos_artifact::header::{RpmHeaders, tag};

fn main() -> Result<(), Box<dyn Error>> {
    let root = std::env::args().nth(1).ok_or("name a directory")?;
    let (mut packages, mut files, mut dependencies) = (0, 0, 0);
    for entry in fs_err::read_dir(root)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "rpm") {
            continue;
        }
        let file = fs_err::File::open(&path)?;
        let length = file.metadata()?.len();
        let headers = RpmHeaders::read_sized(&mut BufReader::new(file), length)?;
        packages += 1;
        black_box(headers.nevra()?);
        files += headers.main().files()?.inspect(|file| drop(black_box(file.path_lossy()))).count();
        for tag in [tag::REQUIRE_NAME, tag::PROVIDE_NAME, tag::REQUIRE_VERSION, tag::PROVIDE_VERSION] {
            dependencies += headers.main().strings(tag)?.inspect(|text| _ = black_box(text.len())).count();
        }
    }
    println!("{packages} packages, {files} files, {dependencies} strings of dependencies");
    Ok(())
}
