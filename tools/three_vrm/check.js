// Plays what job.json names as three-vrm plays it, and sends back where its bones are and a picture of the middle frame.

import * as THREE from "three";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { VRMLoaderPlugin, VRMUtils } from "@pixiv/three-vrm";
import { VRMAnimationLoaderPlugin, createVRMAnimationClip } from "@pixiv/three-vrm-animation";

const loader = new GLTFLoader();
loader.register((parser) => new VRMLoaderPlugin(parser));
loader.register((parser) => new VRMAnimationLoaderPlugin(parser));

/** A character moved by the animation in its own file: its raw bones, not the normalised ones that three-vrm would copy over them. */
async function playedVrm(job) {
  const gltf = await loader.loadAsync(job.vrm);
  const vrm = gltf.userData.vrm;
  vrm.humanoid.autoUpdateHumanBones = false;
  return { vrm, root: gltf.scene, clip: gltf.animations[0] };
}

/** A character moved by a VRM animation, as applications do it. */
async function playedVrma(job) {
  const gltf = await loader.loadAsync(job.vrm);
  const animation = (await loader.loadAsync(job.vrma)).userData.vrmAnimations[0];
  const vrm = gltf.userData.vrm;
  VRMUtils.rotateVRM0(vrm);
  return { vrm, root: vrm.scene, clip: createVRMAnimationClip(animation, vrm) };
}

/** Positions of the raw bones in the world and rotations of the normalised bones in their parents', by bone. */
function state(vrm) {
  const bones = {};
  for (const bone of Object.keys(vrm.humanoid.humanBones)) {
    const normalized = vrm.humanoid.getNormalizedBoneNode(bone);
    const position = vrm.humanoid.getRawBoneNode(bone).getWorldPosition(new THREE.Vector3());
    bones[bone] = { position: position.toArray(), rotation: normalized.quaternion.toArray() };
  }
  return bones;
}

function picture(root) {
  const renderer = new THREE.WebGLRenderer({ antialias: true, preserveDrawingBuffer: true });
  renderer.setSize(640, 640);
  renderer.setClearColor(0xdfe3e8);
  document.body.append(renderer.domElement);
  const scene = new THREE.Scene();
  scene.add(root, new THREE.HemisphereLight(0xffffff, 0x888899, 2.5), new THREE.DirectionalLight(0xffffff, 1.5), new THREE.GridHelper(4, 8));
  const middle = new THREE.Box3().setFromObject(root).getCenter(new THREE.Vector3());
  const camera = new THREE.PerspectiveCamera(35, 1, 0.1, 50);
  camera.position.set(middle.x + 1.2, middle.y + 0.6, middle.z + 3.2);
  camera.lookAt(middle);
  renderer.render(scene, camera);
  return renderer.domElement.toDataURL("image/png");
}

async function run(job) {
  const { vrm, root, clip } = await (job.vrma ? playedVrma(job) : playedVrm(job));
  const mixer = new THREE.AnimationMixer(root);
  const action = mixer.clipAction(clip);
  action.setLoop(THREE.LoopOnce);
  action.clampWhenFinished = true;
  action.play();
  const frames = [];
  let image = "";
  job.times.forEach((time, number) => {
    mixer.setTime(time);
    vrm.update(0);
    root.updateMatrixWorld(true);
    frames.push(state(vrm));
    if (number === Math.floor(job.times.length / 2)) image = picture(root);
  });
  return { frames, image, duration: clip.duration, meta: vrm.meta.metaVersion, three: THREE.REVISION };
}

const answer = await fetch("/job.json")
  .then((response) => response.json())
  .then(run)
  .catch((error) => ({ error: String(error.stack ?? error) }));
await fetch("/answer", { method: "POST", body: JSON.stringify(answer) });
