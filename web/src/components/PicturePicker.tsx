/** Choosing a picture and which square of it is kept. All of it happens on this device. */
import { useEffect, useRef, useState } from 'react';
import { Button } from './Button';
import { words } from '../i18n/words';
import { type Crop, drawSquare, readPicture, smallPicture } from '../platform/picture';

interface PicturePickerProps {
  readonly hasPicture: boolean;
  /** As base64url; nothing when it was taken away. */
  readonly onPicture: (picture: string | undefined) => void;
}

const BYTES_MAX = 32 * 1024;
const SHOWN_PX = 192;
const MIDDLE: Crop = { across: 0.5, down: 0.5, size: 1 };

interface SlideProps {
  readonly label: string;
  readonly value: number;
  readonly min?: number;
  readonly onChange: (value: number) => void;
}

function Slide({ label, value, min = 0, onChange }: SlideProps) {
  return (
    <label className="grid gap-0.5 text-xs">
      {label}
      <input
        type="range"
        className="min-h-target w-full accent-accent"
        min={min}
        max={1}
        step={0.01}
        value={value}
        onChange={({ target }) => onChange(Number(target.value))}
      />
    </label>
  );
}

interface CropperProps {
  readonly picture: ImageBitmap;
  readonly onUse: (crop: Crop) => void;
  readonly onCancel: () => void;
}

function Cropper({ picture, onUse, onCancel }: CropperProps) {
  const { profile } = words;
  const [crop, setCrop] = useState(MIDDLE);
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    if (canvas.current) drawSquare(canvas.current, picture, crop);
  }, [picture, crop]);
  return (
    <div role="group" aria-label={profile.cropLabel} className="grid w-full gap-3 rounded-bubble bg-sunken p-3.5 sm:grid-cols-2">
      <canvas ref={canvas} width={SHOWN_PX} height={SHOWN_PX} aria-hidden="true" className="size-36 justify-self-center rounded-full" />
      <div className="grid content-center gap-1">
        <Slide label={profile.cropSize} min={0.2} value={crop.size} onChange={(size) => setCrop({ ...crop, size })} />
        <Slide label={profile.cropAcross} value={crop.across} onChange={(across) => setCrop({ ...crop, across })} />
        <Slide label={profile.cropDown} value={crop.down} onChange={(down) => setCrop({ ...crop, down })} />
      </div>
      <div className="flex flex-wrap gap-2 sm:col-span-2">
        <Button kind="primary" onClick={() => onUse(crop)}>
          {profile.takePicture}
        </Button>
        <Button onClick={onCancel}>{profile.cancel}</Button>
      </div>
    </div>
  );
}

export function PicturePicker({ hasPicture, onPicture }: PicturePickerProps) {
  const { profile } = words;
  const [picture, setPicture] = useState<ImageBitmap>();
  const [isUnreadable, setUnreadable] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const read = async (file: File | undefined) => {
    if (!file) return;
    const found = await readPicture(file);
    setUnreadable(!found);
    setPicture(found);
  };
  const use = async (crop: Crop) => {
    const small = picture && (await smallPicture(picture, crop, BYTES_MAX));
    setUnreadable(small === undefined);
    setPicture(undefined);
    if (small !== undefined) onPicture(small);
  };
  return (
    <>
      <div className="grid min-w-0 flex-1 gap-2">
        <input
          ref={input}
          type="file"
          accept="image/*"
          aria-label={profile.choosePicture}
          hidden
          onChange={({ target }) => {
            void read(target.files?.[0]);
            target.value = '';
          }}
        />
        <div className="flex flex-wrap gap-2">
          <Button onClick={() => input.current?.click()}>{hasPicture ? profile.changePicture : profile.choosePicture}</Button>
          {hasPicture && (
            <Button kind="quiet" onClick={() => onPicture(undefined)}>
              {profile.removePicture}
            </Button>
          )}
        </div>
        <p className="text-xs text-ink-3">{profile.pictureHint}</p>
        {isUnreadable && (
          <p role="alert" className="text-xs text-danger">
            {profile.pictureUnreadable}
          </p>
        )}
      </div>
      {picture && <Cropper picture={picture} onUse={(crop) => void use(crop)} onCancel={() => setPicture(undefined)} />}
    </>
  );
}
