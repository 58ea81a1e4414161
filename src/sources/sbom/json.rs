//! The forms in JSON: a strict reader (syntax, depth, keys there twice) that keeps only what is asked for, and what stands around a document.

use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::sources::sbom::component::valid;
use crate::sources::sbom::{Sbom, cyclonedx, spdx, spdx3, syft};

/// Why a bill of materials cannot be read.
#[derive(Debug)]
pub struct Unreadable(pub String);

/// serde_json refuses nesting beyond 128 levels.
pub fn read<T: DeserializeOwned>(body: &str) -> Result<T, Unreadable> {
    serde_json::from_str(body).map_err(|error| Unreadable(error.to_string()))
}

/// What tells the forms apart.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Head {
    #[serde(rename = "bomFormat")]
    bom_format: Scalar,
    #[serde(rename = "specVersion")]
    spec_version: Scalar,
    #[serde(rename = "spdxVersion")]
    spdx_version: Scalar,
    #[serde(rename = "@context")]
    context: OneOrMany<Scalar>,
    #[serde(rename = "@graph")]
    graph: Option<IgnoredAny>,
    artifacts: Option<IgnoredAny>,
    source: Option<IgnoredAny>,
    schema: Option<IgnoredAny>,
    descriptor: Option<Lenient<Descriptor>>,
    #[serde(rename = "_type")]
    statement: Scalar,
    #[serde(rename = "predicateType")]
    predicate_type: Scalar,
    #[serde(rename = "payloadType")]
    payload_type: Scalar,
    payload: Scalar,
    #[serde(rename = "dsseEnvelope")]
    envelope: Option<Box<Head>>,
    /// GitHub's dependency graph puts its document into one.
    sbom: Option<Box<Lenient<Head>>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Descriptor {
    name: Scalar,
}

#[derive(Deserialize)]
struct OfGitHub {
    sbom: spdx::Document,
}

impl Head {
    /// The payload of a DSSE envelope, or of the one in a Sigstore bundle.
    pub fn envelope(&self) -> Option<&str> {
        let head = self.envelope.as_deref().unwrap_or(self);
        head.payload_type
            .0
            .contains("in-toto")
            .then_some(head.payload.0.as_str())
    }

    pub fn is_statement(&self) -> bool {
        self.statement
            .0
            .starts_with("https://in-toto.io/Statement/")
    }

    fn form(&self) -> Option<Form> {
        let spdx3 = |context: &Scalar| context.0.contains("spdx.org/rdf/3");
        if self.bom_format.0 == "CycloneDX" && self.spec_version.0.starts_with("1.") {
            Some(Form::CycloneDx)
        } else if self.graph.is_some() && self.context.0.iter().any(spdx3) {
            Some(Form::Spdx3)
        } else if self.spdx_version.0.starts_with("SPDX-2") {
            Some(Form::Spdx)
        } else if self.artifacts.is_some()
            && self.source.is_some()
            && match &self.descriptor {
                Some(descriptor) => descriptor.0.name.0 == "syft",
                None => self.schema.is_some(),
            }
        {
            Some(Form::Syft)
        } else {
            None
        }
    }
}

#[derive(Clone, Copy)]
enum Form {
    CycloneDx,
    Spdx,
    Spdx3,
    Syft,
}

pub fn document(body: &str, head: &Head) -> Result<Option<Sbom>, Unreadable> {
    let inner = head.sbom.as_ref().and_then(|sbom| sbom.0.form());
    if head.form().is_none() && matches!(inner, Some(Form::Spdx)) {
        return Ok(Some(read::<OfGitHub>(body)?.sbom.into()));
    }
    head.form()
        .map(|form| match form {
            Form::CycloneDx => Ok(read::<cyclonedx::Bom>(body)?.into()),
            Form::Spdx => Ok(read::<spdx::Document>(body)?.into()),
            Form::Spdx3 => Ok(read::<spdx3::Document>(body)?.into()),
            Form::Syft => Ok(read::<syft::Document>(body)?.into()),
        })
        .transpose()
}

/// in-toto attestations (v0.1 and v1): a document as the predicate about an image.
#[derive(Deserialize)]
struct Statement<P> {
    #[serde(default)]
    subject: OneOrMany<Subject>,
    predicate: P,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Subject {
    digest: Digests,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Digests {
    sha256: Scalar,
}

pub fn statement(body: &str, head: &Head) -> Result<Option<Sbom>, Unreadable> {
    let kind = head.predicate_type.0.as_str();
    let known = [
        "https://cyclonedx.org/bom",
        "https://spdx.dev/Document",
        "https://syft.dev/bom",
    ];
    if !known.iter().any(|known| kind.starts_with(known)) {
        return Ok(None);
    }
    let form = read::<Statement<Head>>(body)?.predicate.form();
    let (subject, mut sbom) = match form {
        Some(Form::CycloneDx) => stated::<cyclonedx::Bom>(body)?,
        Some(Form::Spdx) => stated::<spdx::Document>(body)?,
        Some(Form::Spdx3) => stated::<spdx3::Document>(body)?,
        Some(Form::Syft) => stated::<syft::Document>(body)?,
        None => {
            return Err(Unreadable(
                "the predicate of its statement has no form that tidings knows".into(),
            ));
        }
    };
    if !subject.is_empty() {
        sbom.subject.insert(0, subject);
    }
    Ok(Some(sbom))
}

fn stated<T: DeserializeOwned + Into<Sbom>>(body: &str) -> Result<(Vec<String>, Sbom), Unreadable> {
    let statement: Statement<T> = read(body)?;
    let digests = statement
        .subject
        .0
        .into_iter()
        .map(|subject| format!("sha256:{}", subject.digest.sha256.0.to_ascii_lowercase()))
        .collect();
    Ok((valid(digests), statement.predicate.into()))
}

/// Text. A number is its digits; `null`, lists and objects say nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scalar(pub String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Scalar;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("text")
            }
            fn visit_str<E>(self, text: &str) -> Result<Scalar, E> {
                Ok(Scalar(text.to_owned()))
            }
            fn visit_string<E>(self, text: String) -> Result<Scalar, E> {
                Ok(Scalar(text))
            }
            fn visit_i64<E>(self, number: i64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
            fn visit_u64<E>(self, number: u64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
            fn visit_f64<E>(self, number: f64) -> Result<Scalar, E> {
                Ok(Scalar(number.to_string()))
            }
            fn visit_bool<E>(self, _: bool) -> Result<Scalar, E> {
                Ok(Scalar::default())
            }
            fn visit_unit<E>(self) -> Result<Scalar, E> {
                Ok(Scalar::default())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Scalar, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Scalar::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scalar, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Scalar::default())
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// A list; JSON-LD writes one element without one.
#[derive(Clone, Debug)]
pub struct OneOrMany<T>(pub Vec<T>);

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        OneOrMany(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for OneOrMany<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Any<T> {
            type Value = OneOrMany<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list")
            }
            fn visit_unit<E>(self) -> Result<OneOrMany<T>, E> {
                Ok(OneOrMany::default())
            }
            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<OneOrMany<T>, E> {
                let one = serde::de::value::StrDeserializer::new(text);
                Ok(OneOrMany(vec![T::deserialize(one)?]))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<OneOrMany<T>, A::Error> {
                Ok(OneOrMany(vec![T::deserialize(
                    MapAccessDeserializer::new(map),
                )?]))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<OneOrMany<T>, A::Error> {
                let mut all = Vec::new();
                while let Some(one) = list.next_element()? {
                    all.push(one);
                }
                Ok(OneOrMany(all))
            }
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}

/// An object; what is none (a reference to one, `null`) says nothing.
#[derive(Clone, Debug, Default)]
pub struct Lenient<T>(pub T);

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for Any<T> {
            type Value = Lenient<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_unit<E>(self) -> Result<Lenient<T>, E> {
                Ok(Lenient::default())
            }
            fn visit_str<E>(self, _: &str) -> Result<Lenient<T>, E> {
                Ok(Lenient::default())
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Lenient<T>, A::Error> {
                Ok(Lenient(T::deserialize(MapAccessDeserializer::new(map))?))
            }
        }
        deserializer.deserialize_any(Any(PhantomData))
    }
}
