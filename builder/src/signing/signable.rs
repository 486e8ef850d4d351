// SPDX-License-Identifier: BSD-2-Clause

//! Signs images after they were built.

use kaal_payload::{KeyId, MAX_SIZE, Payload, Signature, TrustAnchor};

use crate::diagnostic::{Diagnostic, Origin};
use crate::format::digest::crc32c;
use crate::format::fit;
use crate::image_reader::ImageReader;
use crate::signing;

/// An intact image whose loader boots only signed images.
pub(crate) struct Signable<'a> {
    image: &'a ImageReader<'a>,
    anchor: TrustAnchor,
    /// The message to sign.
    pub(crate) message: [u8; 64],
}

impl<'a> Signable<'a> {
    /// Checks that `image` can be signed.
    pub(crate) fn new(image: &'a ImageReader<'a>) -> Result<Self, Diagnostic> {
        image.verify()?;
        if !image.certificates().is_empty() {
            return Err(image
                .origin()
                .diagnostic("signed for Secure Boot, by a signature that also covers KaaL's")
                .expected("an image that is not yet signed for Secure Boot")
                .found("certificates behind its package")
                .remedy("sign the image with the builder first, then for Secure Boot"));
        }
        if fit::is_signed(image.file().content) {
            return Err(image
                .origin()
                .diagnostic("signed by mkimage, whose signature also covers KaaL's")
                .expected("a FIT image that is not yet signed")
                .found("a signature in its configuration")
                .remedy("sign the image with the builder first, then with mkimage"));
        }
        let anchor = image.trust_anchor().ok_or_else(|| {
            image
                .origin()
                .diagnostic("the loader would ignore the signature")
                .expected("a loader for signed images")
                .found("a loader for any image")
                .remedy("build the image with --trust-key and --loader target/kaal/elfloader-signed.elf")
        })?;
        Ok(Self {
            image,
            anchor,
            message: signing::message_of(image).ok_or_else(|| unencodable(image))?,
        })
    }

    /// The image's file with `signature`, which `origin` gave.
    pub(crate) fn signed(
        &self,
        origin: Origin<'_>,
        signature: &Signature,
    ) -> Result<Vec<u8>, Diagnostic> {
        let key = self.image.payload().key_id;
        if !signing::is_signed(&self.anchor, key, &self.message, signature) {
            let (image, key) = (self.image.origin(), KeyId(key));
            let expected = format!("a signature of {image} by the key {key}, which it names");
            let remedy = "sign the --message of this image with the private key of its --trust-key";
            return Err(origin
                .diagnostic("the loader would refuse the signature")
                .expected(expected)
                .found("a signature by another key, or of another message")
                .remedy(remedy));
        }
        let payload = Payload {
            signature: *signature,
            ..self.image.payload()
        };
        let mut header = [0; MAX_SIZE];
        let size = payload.encode(&mut header, crc32c);
        let size = size.map_err(|_| unencodable(self.image))?;
        self.image.with_payload_header(&header[..size])
    }
}

fn unencodable(image: &ImageReader<'_>) -> Diagnostic {
    image
        .origin()
        .diagnostic("can't write its payload header again")
        .expected(format!("a header of at most {MAX_SIZE} bytes"))
        .found("a larger one")
        .remedy("build the image again")
}
